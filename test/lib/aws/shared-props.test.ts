import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, Rollout, type ServingProps } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { certificate, minimal } from './container-variants.js';

const CONSTRUCTS = { ServerlessModel, ContainerModel, ManagedEndpointModel };
type Kind = keyof typeof CONSTRUCTS;

/** What a construct does with a value: it shows in the template, or it is refused for a reason. */
type Outcome = { readonly mapped: RegExp; readonly with?: (stack: Stack) => object } | { readonly refused: RegExp };
type Row = { readonly value: unknown; readonly outcomes: Readonly<Record<Kind, Outcome>> };

const same = (outcome: Outcome): Readonly<Record<Kind, Outcome>> => ({
  ServerlessModel: outcome,
  ContainerModel: outcome,
  ManagedEndpointModel: outcome,
});

const other = Model.fromDirectory(writePackage({ name: 'wine' }));
const issuer = 'https://issuer.example.com';
const request = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] };
const response = { outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [1, 3], data: [1, 0, 0] }] };
const GOLDEN = join(
  writePackage({ content: { 'golden.json': JSON.stringify([{ request, response }]) } }),
  'golden.json',
);

// The keys are those of the type that every cloud shares: a prop that is added there must be answered here.
const TABLE: Readonly<Record<keyof ServingProps, readonly Row[]>> = {
  model: [{ value: other, outcomes: same({ mapped: new RegExp(other.digest) }) }],
  access: [
    { value: Access.cloudIdentity(), outcomes: same({ mapped: /AWS::IAM::Role/ }) },
    {
      value: Access.apiKey(),
      outcomes: {
        ServerlessModel: { mapped: /"ApiKeyRequired":true/ },
        ContainerModel: { refused: /access: got Access.apiKey\(\); the load balancer .* Use ServerlessModel/ },
        ManagedEndpointModel: {
          refused: /access: .*SageMaker supports Access.cloudIdentity\(\) only. Use ServerlessModel/,
        },
      },
    },
    {
      value: Access.jwt({ issuer, audience: ['a'] }),
      outcomes: {
        ServerlessModel: { mapped: new RegExp(issuer) },
        ContainerModel: {
          mapped: new RegExp(issuer),
          with: (stack) => ({
            certificate: certificate(stack),
            domainName: 'iris.example.com',
            jwksUrl: `${issuer}/keys`,
          }),
        },
        ManagedEndpointModel: {
          refused: /access: .*SageMaker supports Access.cloudIdentity\(\) only. Use ServerlessModel/,
        },
      },
    },
    {
      value: Access.anonymous(),
      outcomes: {
        ServerlessModel: { mapped: /"AuthorizationType":"NONE"/ },
        ContainerModel: { mapped: /AWS::ElasticLoadBalancingV2::Listener/ },
        ManagedEndpointModel: {
          refused: /access: .*SageMaker supports Access.cloudIdentity\(\) only. Use ServerlessModel/,
        },
      },
    },
  ],
  minReplicas: [
    {
      value: 3,
      outcomes: {
        ServerlessModel: { mapped: /"ProvisionedConcurrentExecutions":3/ },
        ContainerModel: { mapped: /"MinCapacity":3/ },
        ManagedEndpointModel: { mapped: /"(MinCapacity|InitialInstanceCount)":3/ },
      },
    },
    {
      value: -1,
      outcomes: same({ refused: /minReplicas: got -1/ }),
    },
  ],
  maxReplicas: [
    {
      value: 7,
      outcomes: {
        ServerlessModel: { mapped: /"ReservedConcurrentExecutions":7/ },
        ContainerModel: { mapped: /"MaxCapacity":7/ },
        ManagedEndpointModel: { mapped: /"MaxCapacity":7/ },
      },
    },
  ],
  schedule: [
    {
      value: [{ cron: '0 8 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 5 }],
      outcomes: {
        ServerlessModel: { mapped: /"MaxCapacity":5,"MinCapacity":5.*cron\(0 8 \? \* MON-FRI \*\).*Berlin/ },
        ContainerModel: { mapped: /"MaxCapacity":7,"MinCapacity":5/, with: () => ({ maxReplicas: 7 }) },
        ManagedEndpointModel: { mapped: /"MaxCapacity":7,"MinCapacity":5/, with: () => ({ maxReplicas: 7 }) },
      },
    },
    { value: [{ cron: '0 8 * *', minReplicas: 1 }], outcomes: same({ refused: /schedule\.0\.cron: got "0 8 \* \*"/ }) },
  ],
  rollout: [
    { value: Rollout.allAtOnce(), outcomes: same({ mapped: /AWS::IAM::Role/ }) },
    {
      value: Rollout.allAtOnce({ gate: { samples: GOLDEN } }),
      outcomes: {
        ServerlessModel: { mapped: /"BeforeAllowTrafficHook"/ },
        ContainerModel: { mapped: /"POST_TEST_TRAFFIC_SHIFT"/ },
        ManagedEndpointModel: { refused: /rollout\.gate: SageMaker runs nothing between two versions/ },
      },
    },
    {
      value: Rollout.canary({ percent: 13, bakeMinutes: 5 }),
      outcomes: {
        ServerlessModel: { mapped: /AWS::CodeDeploy::DeploymentGroup/ },
        ContainerModel: { mapped: /"CanaryPercent":13/ },
        ManagedEndpointModel: { mapped: /"CANARY".*13|13.*"CANARY"/, with: () => ({ minReplicas: 2 }) },
      },
    },
    {
      value: Rollout.linear({ stepPercent: 20, intervalMinutes: 5 }),
      outcomes: {
        ServerlessModel: { mapped: /AWS::CodeDeploy::DeploymentGroup/ },
        ContainerModel: { mapped: /"StepPercent":20/ },
        ManagedEndpointModel: { mapped: /"LINEAR".*20|20.*"LINEAR"/, with: () => ({ minReplicas: 2 }) },
      },
    },
  ],
  throttle: [
    {
      value: { requestsPerSecond: 5 },
      outcomes: {
        ServerlessModel: { mapped: /"ThrottlingRateLimit":5/ },
        ContainerModel: { mapped: /"ThrottlingRateLimit":5/ },
        ManagedEndpointModel: { refused: /throttle: .*maxReplicas.*ServerlessModel/ },
      },
    },
  ],
  timeoutSeconds: [
    {
      value: 17,
      outcomes: {
        ServerlessModel: { mapped: /"Timeout":17/ },
        ContainerModel: { mapped: /"MODELSHIP_TIMEOUT_SECONDS","Value":"17"/ },
        ManagedEndpointModel: { mapped: /"MODELSHIP_TIMEOUT_SECONDS":"17"/ },
      },
    },
    { value: 100_000, outcomes: same({ refused: /timeoutSeconds: got 100000/ }) },
  ],
  logRetentionDays: [
    { value: 14, outcomes: same({ mapped: /"RetentionInDays":14/ }) },
    { value: 11, outcomes: same({ refused: /logRetentionDays: got 11/ }) },
  ],
  alarms: [
    {
      value: { errorPercent: 7, latencyPercent: 25, minutes: 5 },
      outcomes: {
        ServerlessModel: { mapped: /"Threshold":7,.*"Threshold":7250,|"Threshold":7250,.*"Threshold":7,/ },
        ContainerModel: { mapped: /More than 7 % of the requests failed for 5 minutes/ },
        ManagedEndpointModel: { mapped: /Latency above 25 % of the timeout of 60 s for 5 minutes/ },
      },
    },
    { value: { latencyPercent: 101 }, outcomes: same({ refused: /alarms\.latencyPercent: got 101/ }) },
  ],
  dashboard: [{ value: true, outcomes: same({ mapped: /AWS::CloudWatch::Dashboard/ }) }],
  environment: [
    { value: { GREETING: 'hello' }, outcomes: same({ mapped: /GREETING/ }) },
    { value: { MODELSHIP_MODEL: '/x' }, outcomes: same({ refused: /MODELSHIP_MODEL/ }) },
  ],
};

function synthesize(kind: Kind, props: (stack: Stack) => object): string {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const image = kind === 'ServerlessModel' ? {} : { image: minimal.image };
  new CONSTRUCTS[kind](stack, 'Iris', { model: minimal.model, ...image, ...props(stack) });
  return JSON.stringify(Template.fromStack(stack).toJSON());
}

const rows = Object.entries(TABLE).flatMap(([prop, values]) =>
  values.flatMap(({ value, outcomes }) =>
    Object.entries(outcomes).map(([kind, outcome]) => ({ prop, value, kind: kind as Kind, outcome })),
  ),
);

describe('each shared prop is mapped, or refused with the reason', () => {
  test.each(rows.map((row) => [row.prop, row.kind, row] as const))('%s on %s', (prop, kind, { value, outcome }) => {
    if ('mapped' in outcome) {
      expect(synthesize(kind, (stack) => ({ ...outcome.with?.(stack), [prop]: value }))).toMatch(outcome.mapped);
    } else {
      expect(() => synthesize(kind, () => ({ [prop]: value }))).toThrow(outcome.refused);
    }
  });

  test.each(Object.keys(CONSTRUCTS) as Kind[])('%s draws no dashboard if told not to', (kind) => {
    expect(synthesize(kind, () => ({ dashboard: false }))).not.toMatch(/AWS::CloudWatch::Dashboard/);
  });
});
