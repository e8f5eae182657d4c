import { Aws, CfnParameter, Duration, type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EndpointMode, type ManagedEndpointModelProps } from '../../../lib/aws/index.js';
import { Rollout } from '../../../lib/serving/index.js';
import { faults, make, only, type Props } from './managed-endpoint-support.js';
import { secondModel } from './managed-endpoint-variants.js';
import { warningIds } from './warning-ids.js';

/** A number that only a deployment tells. */
const number = (stack: Stack, id = 'Number') => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
const REF = { Ref: 'Number' };

function resources(props: (stack: Stack, token: number) => Partial<ManagedEndpointModelProps>) {
  const template = make((stack) => props(stack, number(stack))).template();
  // Tokens on which somebody computed are huge numbers.
  expect(JSON.stringify(template.toJSON())).not.toMatch(/\de\+\d{3}/);
  const first = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties)[0];
  return {
    target: first('AWS::ApplicationAutoScaling::ScalableTarget'),
    variant: only(template, 'AWS::SageMaker::EndpointConfig').ProductionVariants[0],
    component: first('AWS::SageMaker::InferenceComponent'),
    model: only(template, 'AWS::SageMaker::Model'),
    policies: template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy'),
  };
}

const queue = (stack: Stack) => EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') });

describe('tokens among the props of a ManagedEndpointModel', () => {
  test('pass as the name', () => {
    expect(faults({ endpointName: Aws.STACK_NAME })).toEqual([]);
  });

  test('pass as a number of replicas that nothing scales', () => {
    const { variant, target } = resources((_stack, token) => ({ minReplicas: token }));
    expect(variant.InitialInstanceCount).toEqual(REF);
    expect(target).toBeUndefined();
    const mode = EndpointMode.inferenceComponents();
    const { component } = resources((_stack, token) => ({ mode, minReplicas: token, maxReplicas: token }));
    expect(component.RuntimeConfig).toEqual({ CopyCount: REF });
  });

  test('pass as the bounds of scaling, which brings them from the first replica', () => {
    const { variant, target } = resources((stack, token) => ({
      minReplicas: token,
      maxReplicas: number(stack, 'Most'),
    }));
    expect(target).toMatchObject({ MinCapacity: REF, MaxCapacity: { Ref: 'Most' } });
    expect(variant.InitialInstanceCount).toBe(1);
  });

  test('pass as the least of an asynchronous endpoint, which wakes in case it is zero', () => {
    const { variant, target, policies } = resources((stack, token) => ({
      mode: queue(stack),
      minReplicas: token,
      maxReplicas: 5,
    }));
    expect(variant.InitialInstanceCount).toBe(1);
    expect(target.MinCapacity).toEqual(REF);
    expect(Object.values(policies).map(({ Properties }) => Properties.PolicyType)).toEqual([
      'TargetTrackingScaling',
      'StepScaling',
    ]);
  });

  test('pass as the least number of copies, whose instances may all go in case it is zero', () => {
    const mode = EndpointMode.inferenceComponents();
    const { variant } = resources((_stack, token) => ({ mode, minReplicas: token, maxReplicas: 5 }));
    expect(variant.InitialInstanceCount).toBe(1);
    expect(variant.ManagedInstanceScaling).toMatchObject({ MinInstanceCount: 0, MaxInstanceCount: 5 });
  });

  test('pass as provisioned concurrency', () => {
    const mode = (token: number) => EndpointMode.serverless({ maxProvisionedConcurrency: token });
    const { variant } = resources((stack, token) => ({
      mode: mode(number(stack, 'Most')),
      minReplicas: token,
      maxReplicas: 30,
    }));
    expect(variant.ServerlessConfig).toMatchObject({ ProvisionedConcurrency: REF, MaxConcurrency: 30 });
    expect(
      faults((stack) => ({
        mode: EndpointMode.serverless({ maxProvisionedConcurrency: 5 }),
        minReplicas: 1,
        maxReplicas: number(stack),
      })),
    ).toEqual([]);
  });

  test('are warned of where they must stand for one at least, and not where they may stand for anything', () => {
    const warned = (mode: EndpointMode) => warningIds(make((stack) => ({ mode, minReplicas: number(stack) })).stack);
    expect(warned(EndpointMode.realTime())).toEqual(['modelship:idleInstance']);
    expect(warned(EndpointMode.inferenceComponents())).toEqual([]);
  });

  test('pass as the time limit', () => {
    const { model } = resources((_stack, token) => ({ timeoutSeconds: token }));
    expect(JSON.stringify(model.PrimaryContainer.Environment.MODELSHIP_TIMEOUT_SECONDS)).toContain('"Number"');
  });

  test.each<[string, (token: number) => Props, string]>([
    [
      'bakeMinutes',
      (token) => ({ rollout: Rollout.canary({ percent: 10, bakeMinutes: token }) }),
      'rollout.bakeMinutes',
    ],
    [
      'intervalMinutes',
      (token) => ({ rollout: Rollout.linear({ stepPercent: 10, intervalMinutes: token }) }),
      'rollout.intervalMinutes',
    ],
    [
      'interval of batches',
      (token) => ({ rollingUpdate: { batchPercent: 10, interval: Duration.minutes(token) } }),
      'rollingUpdate.interval',
    ],
    [
      'samplingPercent',
      (token) => ({
        mode: EndpointMode.realTime({ shadow: { name: 'S', model: secondModel, samplingPercent: token } }),
      }),
      'mode.shadow.samplingPercent',
    ],
    [
      'weight beside a shadow',
      (token) => ({ mode: EndpointMode.realTime({ weight: token, shadow: { name: 'S', model: secondModel } }) }),
      'mode.weight',
    ],
  ])('are refused where the value is computed with: %s', (_what, props, prop) => {
    const refused = (stack: Stack) => props(number(stack)) as Partial<ManagedEndpointModelProps>;
    expect(faults(refused)).toEqual([`${prop}: UNRESOLVED_TOKEN`]);
  });
});
