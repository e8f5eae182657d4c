import { expect, test } from 'vitest';
import type { Answer } from '../../support/aws-calls.js';
import { alarms, call, variants } from './deployed-variants.js';

/** What AWS shows of the variants of ManagedEndpointModel, and of BatchModel. */
export function checkEndpoints(): void {
  test('an endpoint has its variants, and its shadow', async () => {
    const weights = (variants: Answer[] = []) =>
      Object.fromEntries(variants.map(({ VariantName, InitialVariantWeight }) => [VariantName, InitialVariantWeight]));
    const several = await variants.endpointOf('several variants that scale');
    expect(weights(several.config.ProductionVariants)).toEqual({ AllTraffic: 1, Second: 0.2 });
    const { config } = await variants.endpointOf('shadow');
    expect(weights(config.ProductionVariants)).toEqual({ AllTraffic: 1 });
    expect(weights(config.ShadowProductionVariants)).toEqual({ Shadow: 1 });
  });

  test.each([
    ['canary', { TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 600 } }],
    ['linear', { TrafficRoutingConfiguration: { Type: 'LINEAR', WaitIntervalInSeconds: 300 } }],
    ['real time', { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE' } }],
  ])('alarms take a deployment of an endpoint back: %s', async (variant, policy) => {
    const { BlueGreenUpdatePolicy, AutoRollbackConfiguration } = (await variants.endpointOf(variant)).endpoint
      .LastDeploymentConfig;
    expect(BlueGreenUpdatePolicy).toMatchObject(policy);
    const watched = AutoRollbackConfiguration.Alarms.map(({ AlarmName }: Answer) => AlarmName).sort();
    expect(watched.length).toBeGreaterThan(0);
    expect(await alarms(watched)).toEqual(watched);
  });

  test('an asynchronous endpoint tells topics, and scales to zero', async () => {
    const { config } = await variants.endpointOf('asynchronous');
    const topics = await variants.those('endpoint', 'asynchronous', 'AWS::SNS::Topic');
    const { SuccessTopic, ErrorTopic } = config.AsyncInferenceConfig.OutputConfig.NotificationConfig;
    expect([SuccessTopic, ErrorTopic].sort()).toEqual(topics.sort());
    expect(await variants.bounds('endpoint', 'asynchronous')).toEqual([[0, 3]]);
  });

  test('an endpoint captures, explains and encrypts', async () => {
    const { config } = await variants.endpointOf('captured, explained and encrypted');
    const key = await variants.only('endpoint', 'captured, explained and encrypted', 'AWS::KMS::Key');
    expect(config.KmsKeyId).toContain(key);
    expect(config.DataCaptureConfig).toMatchObject({ EnableCapture: true, InitialSamplingPercentage: 20 });
    expect(config.ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaseline).toBe('0,0,0,0');
  });

  test.each([
    ['many models', { PrimaryContainer: { Mode: 'MultiModel' } }],
    ['in a VPC', { EnableNetworkIsolation: false, VpcConfig: { Subnets: expect.any(Array) } }],
    ['real time', { EnableNetworkIsolation: true }],
  ])('SageMaker has the model: %s', async (variant, expected) => {
    const [{ ModelName }] = (await variants.endpointOf(variant)).config.ProductionVariants;
    expect(await call('sagemaker', 'describe_model', { ModelName })).toMatchObject(expected);
  });

  test('a serverless endpoint has memory and concurrency, and no instances', async () => {
    const { config } = await variants.endpointOf('serverless with provisioned concurrency');
    const [{ ServerlessConfig, InstanceType }] = config.ProductionVariants;
    expect(ServerlessConfig).toEqual({ MemorySizeInMB: 4096, MaxConcurrency: 10, ProvisionedConcurrency: 1 });
    expect(InstanceType).toBeUndefined();
  });

  test('batches have their state machines, and a model where SageMaker runs them', async () => {
    const definition = async (variant: string) => {
      const stateMachineArn = await variants.only('batch', variant, 'AWS::StepFunctions::StateMachine');
      return JSON.parse((await call('stepfunctions', 'describe_state_machine', { stateMachineArn })).definition);
    };
    for (const variant of ['by a function behind a REST API', 'by a service on ECS']) {
      expect((await definition(variant)).States.Predictions.Type).toBe('Map');
    }
    const model = await variants.only('batch', 'by a transform job', 'AWS::SageMaker::Model');
    const { Parameters } = (await definition('by a transform job')).States.Predictions;
    expect(model).toContain(Parameters.ModelName);
  });
}
