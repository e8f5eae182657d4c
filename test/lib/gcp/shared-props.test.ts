import { describe, expect, test } from 'vitest';
import { ContainerModel, Exposure, GkeCluster, ManagedEndpointModel, ServerlessModel } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, Rollout, type ServingProps } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { googleStack, minimal, template } from './support.js';

const CONSTRUCTS = { ServerlessModel, ContainerModel, ManagedEndpointModel };
type Kind = keyof typeof CONSTRUCTS;

/** What a construct does with a value: it shows in the template, or it is refused for a reason. */
type Outcome = { readonly mapped: RegExp; readonly with?: object } | { readonly refused: RegExp };
type Row = { readonly value: unknown; readonly outcomes: Readonly<Record<Kind, Outcome>> };

const same = (outcome: Outcome): Readonly<Record<Kind, Outcome>> => ({
  ServerlessModel: outcome,
  ContainerModel: outcome,
  ManagedEndpointModel: outcome,
});

const other = Model.fromDirectory(writePackage({ name: 'wine' }));
const older = Model.fromDirectory(writePackage({ version: '0' }));
const jwt = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['a'] });
const gateway = {
  cluster: GkeCluster.existing({ name: 'c', location: 'europe-west4' }),
  exposure: Exposure.gateway({ gatewayName: 'g', host: 'a.example.com', sourceRanges: ['10.0.0.0/8'] }),
  access: Access.anonymous(),
  stableModel: older,
};

// The keys are those of the type that every cloud shares: a prop that is added there must be answered here.
const TABLE: Readonly<Record<keyof ServingProps, readonly Row[]>> = {
  model: [{ value: other, outcomes: same({ mapped: new RegExp(`models/wine/${other.digest.slice(7)}`) }) }],
  access: [
    // What a template has without it, too: identities of the cloud are the default.
    { value: Access.cloudIdentity(), outcomes: same({ mapped: /objectViewer/ }) },
    { value: Access.apiKey(), outcomes: same({ refused: /access: .*(API keys|apiKey)/ }) },
    {
      value: jwt,
      outcomes: {
        ServerlessModel: { mapped: /"invoker_iam_disabled":true.*"https:\/\/issuer\.example\.com"/ },
        ContainerModel: { mapped: /"MODELSHIP_JWT_ISSUER","value":"https:\/\/issuer\.example\.com"/ },
        ManagedEndpointModel: {
          refused: /access: .*Vertex AI supports Access.cloudIdentity\(\) only. Use ServerlessModel/,
        },
      },
    },
    {
      value: Access.anonymous(),
      outcomes: {
        ServerlessModel: { mapped: /"member":"allUsers"/ },
        ContainerModel: { mapped: /"host":"open\.example\.com"/, with: openIngress() },
        ManagedEndpointModel: {
          refused: /access: .*Vertex AI supports Access.cloudIdentity\(\) only. Use ServerlessModel/,
        },
      },
    },
  ],
  minReplicas: [
    {
      value: 3,
      outcomes: {
        ServerlessModel: { mapped: /"min_instance_count":3/ },
        ContainerModel: { mapped: /"min_replicas":3/ },
        ManagedEndpointModel: { mapped: /"minReplicaCount":3/ },
      },
    },
    {
      value: 0,
      outcomes: {
        ServerlessModel: { mapped: /"min_instance_count":0/ },
        ContainerModel: { refused: /minReplicas: got 0; GKE allows .*\. Use ServerlessModel, which scales to zero/ },
        ManagedEndpointModel: {
          refused: /minReplicas: got 0; Vertex AI allows .*\. Use ServerlessModel, which scales to zero/,
        },
      },
    },
  ],
  maxReplicas: [
    {
      value: 7,
      outcomes: {
        ServerlessModel: { mapped: /"max_instance_count":7/ },
        ContainerModel: { mapped: /"max_replicas":7/ },
        ManagedEndpointModel: { mapped: /"maxReplicaCount":7/ },
      },
    },
  ],
  schedule: [
    {
      value: [{ cron: '0 8 * * *', minReplicas: 2 }],
      outcomes: same({ refused: /schedule: .*does not change its replicas by time here.*modelship\/aws/ }),
    },
  ],
  rollout: [
    { value: Rollout.allAtOnce(), outcomes: same({ mapped: /objectViewer/ }) },
    {
      value: Rollout.canary({ percent: 13, bakeMinutes: 5 }),
      outcomes: {
        ServerlessModel: { mapped: /"percent":13/, with: { serviceName: 'iris', stableRevision: 'iris-1' } },
        ContainerModel: { mapped: /"weight":13/, with: gateway },
        ManagedEndpointModel: { mapped: /"trafficSplit":\{[^}]*:13/, with: { stableModel: older } },
      },
    },
    {
      value: Rollout.linear({ stepPercent: 10, intervalMinutes: 5 }),
      outcomes: same({ refused: /rollout: got Rollout.linear\(\); .* Use Rollout.canary\(\)/ }),
    },
  ],
  throttle: [{ value: { requestsPerSecond: 5 }, outcomes: same({ refused: /throttle: .*maxReplicas/ }) }],
  timeoutSeconds: [
    { value: 37, outcomes: same({ mapped: /"MODELSHIP_TIMEOUT_SECONDS","value":"37"/ }) },
    { value: 100_000, outcomes: same({ refused: /timeoutSeconds: got 100000/ }) },
  ],
  logRetentionDays: [
    { value: 11, outcomes: same({ mapped: /"retention_days":11/ }) },
    { value: 10_000, outcomes: same({ refused: /logRetentionDays: got 10000/ }) },
  ],
  alarms: [
    {
      value: { errorPercent: 7, latencyPercent: 25, minutes: 5 },
      outcomes: {
        ServerlessModel: { mapped: /"threshold_value":0\.07.*"threshold_value":15000/ },
        ContainerModel: { mapped: /> 15".*|"duration":"300s"/ },
        ManagedEndpointModel: { mapped: /Latency above 25 % of the timeout of 60 s for 5 minutes/ },
      },
    },
    { value: { latencyPercent: 101 }, outcomes: same({ refused: /alarms\.latencyPercent: got 101/ }) },
  ],
  dashboard: [{ value: true, outcomes: same({ mapped: /google_monitoring_dashboard/ }) }],
  environment: [
    { value: { GREETING: 'hello' }, outcomes: same({ mapped: /"GREETING","value":"hello"/ }) },
    { value: { MODELSHIP_MODEL: '/x' }, outcomes: same({ refused: /environment.MODELSHIP_MODEL: the construct/ }) },
  ],
};

function openIngress() {
  return { exposure: Exposure.ingress({ className: 'gce', host: 'open.example.com', sourceRanges: ['10.0.0.0/8'] }) };
}

function synthesize(kind: Kind, props: object): string {
  const stack = googleStack();
  new CONSTRUCTS[kind](stack, 'Iris', { ...minimal, ...props });
  return JSON.stringify(template(stack));
}

const rows = Object.entries(TABLE).flatMap(([prop, values]) =>
  values.flatMap(({ value, outcomes }) =>
    Object.entries(outcomes).map(([kind, outcome]) => ({ prop, value, kind: kind as Kind, outcome })),
  ),
);

describe('each shared prop is mapped, or refused with the reason', () => {
  test.each(rows.map((row) => [row.prop, row.kind, row] as const))('%s on %s', (prop, kind, { value, outcome }) => {
    if ('mapped' in outcome) {
      expect(synthesize(kind, { ...outcome.with, [prop]: value })).toMatch(outcome.mapped);
    } else {
      expect(() => synthesize(kind, { [prop]: value })).toThrow(outcome.refused);
    }
  });

  test.each(Object.keys(CONSTRUCTS) as Kind[])('%s draws no dashboard if told not to', (kind) => {
    expect(synthesize(kind, { dashboard: false })).not.toMatch(/google_monitoring_dashboard/);
  });
});
