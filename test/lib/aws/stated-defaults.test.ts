import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import {
  ContainerModel,
  type ContainerModelProps,
  EndpointMode,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
} from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { minimal as service } from './container-variants.js';
import { text } from './granted-actions.js';
import { minimal as endpoint, secondModel } from './managed-endpoint-variants.js';

// What docstrings state under `@default`, where no test of the behaviour has it.

type Props<T> = Partial<T> | ((stack: Stack) => Partial<T>);

const stackOf = () => new Stack(new App({ analyticsReporting: false }), 'S');
const given = <T>(props: Props<T>, stack: Stack) => (typeof props === 'function' ? props(stack) : props);

function container(props: Props<ContainerModelProps> = {}): Template {
  const stack = stackOf();
  new ContainerModel(stack, 'Iris', { ...service, ...given(props, stack) });
  return Template.fromStack(stack);
}

function managed(props: Props<ManagedEndpointModelProps> = {}): Template {
  const stack = stackOf();
  new ManagedEndpointModel(stack, 'Iris', { ...endpoint, ...given(props, stack) });
  return Template.fromStack(stack);
}

const all = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const first = (template: Template, type: string) => all(template, type)[0]!;

const targets = (template: Template) =>
  all(template, 'AWS::ApplicationAutoScaling::ScalingPolicy').flatMap(
    ({ TargetTrackingScalingPolicyConfiguration: tracking }) => (tracking ? [tracking.TargetValue] : []),
  );

const bounds = (template: Template) =>
  all(template, 'AWS::ApplicationAutoScaling::ScalableTarget').map(({ MinCapacity, MaxCapacity }) => [
    MinCapacity,
    MaxCapacity,
  ]);

test('ContainerModel: 1 to 4 tasks, 8 requests in flight and 70 % of the CPU each', () => {
  const template = container();
  expect(bounds(template)).toEqual([[1, 4]]);
  expect(targets(template)).toEqual([8, 70]);
  expect(bounds(container({ minReplicas: 6 }))).toEqual([]);
});

test('ContainerModel: 1 CPU and 2048 MiB of Fargate on Arm, not taken away', () => {
  const template = container();
  expect(first(template, 'AWS::ECS::TaskDefinition')).toMatchObject({
    Cpu: '1024',
    Memory: '2048',
    RuntimePlatform: { CpuArchitecture: 'ARM64' },
  });
  expect(first(template, 'AWS::ECS::Service').LaunchType).toBe('FARGATE');
});

test('ContainerModel: 29 seconds behind the API, 60 without', () => {
  const seconds = (template: Template) =>
    first(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0].Environment.find(
      ({ Name }: { Name: string }) => Name === 'MODELSHIP_TIMEOUT_SECONDS',
    ).Value;
  expect(seconds(container())).toBe('29');
  expect(seconds(container({ access: Access.anonymous() }))).toBe('60');
});

test('ManagedEndpointModel: one instance of ml.c7g.large, 8 requests in flight each where it scales', () => {
  const variant = first(managed(), 'AWS::SageMaker::EndpointConfig').ProductionVariants[0];
  expect(variant).toMatchObject({ InstanceType: 'ml.c7g.large', InitialInstanceCount: 1, InitialVariantWeight: 1 });
  expect(variant.VolumeSizeInGB).toBeUndefined();
  expect(targets(managed({ maxReplicas: 3 }))).toEqual([8]);
});

test('ManagedEndpointModel: variants have the weight 1, a shadow gets every request on one instance', () => {
  const mode = EndpointMode.realTime({
    instanceType: 'ml.m8g.large',
    variants: [{ name: 'Second', model: secondModel }],
  });
  expect(first(managed({ mode }), 'AWS::SageMaker::EndpointConfig').ProductionVariants).toMatchObject([
    { VariantName: 'AllTraffic', InitialVariantWeight: 1, InstanceType: 'ml.m8g.large' },
    { VariantName: 'Second', InitialVariantWeight: 1, InstanceType: 'ml.m8g.large' },
  ]);
  const shadow = EndpointMode.realTime({ weight: 2, shadow: { name: 'Shadow', model: secondModel } });
  const [made] = first(managed({ mode: shadow }), 'AWS::SageMaker::EndpointConfig').ShadowProductionVariants;
  expect(made).toMatchObject({ InitialVariantWeight: 2, InitialInstanceCount: 1, InstanceType: 'ml.c7g.large' });
});

test('ManagedEndpointModel: asynchronous requests and answers in one bucket, 5 waiting for each instance, 900 seconds', () => {
  const template = managed((stack) => ({
    mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'Bucket') }),
  }));
  const { OutputConfig, ClientConfig } = first(template, 'AWS::SageMaker::EndpointConfig').AsyncInferenceConfig;
  expect(text(OutputConfig.S3OutputPath)).toMatch(/\/async\/output$/);
  expect(text(OutputConfig.S3FailurePath)).toMatch(/\/async\/output\/failures$/);
  expect(OutputConfig.NotificationConfig).toBeUndefined();
  expect(ClientConfig?.MaxConcurrentInvocationsPerInstance).toBeUndefined();
  expect(bounds(template)).toEqual([[0, 1]]);
  expect(targets(template)).toEqual([5]);
  expect(first(template, 'AWS::SageMaker::Model').PrimaryContainer.Environment.MODELSHIP_TIMEOUT_SECONDS).toBe('900');
});

test('ManagedEndpointModel: a copy with 1 CPU and 1024 MiB on ml.c7g.xlarge, 8 requests in flight each', () => {
  const template = managed({ mode: EndpointMode.inferenceComponents(), maxReplicas: 3 });
  expect(first(template, 'AWS::SageMaker::InferenceComponent').Specification.ComputeResourceRequirements).toEqual({
    MinMemoryRequiredInMb: 1024,
    NumberOfCpuCoresRequired: 1,
  });
  expect(first(template, 'AWS::SageMaker::EndpointConfig').ProductionVariants[0]).toMatchObject({
    InstanceType: 'ml.c7g.xlarge',
    ManagedInstanceScaling: { MinInstanceCount: 1, MaxInstanceCount: 3 },
  });
  expect(targets(template)).toEqual([8]);
});

test('ManagedEndpointModel: every request is captured, with its answer, and no key but the bucket’s', () => {
  const template = managed((stack) => ({ dataCapture: { bucket: new Bucket(stack, 'Bucket') } }));
  const capture = first(template, 'AWS::SageMaker::EndpointConfig').DataCaptureConfig;
  expect(text(capture.DestinationS3Uri)).toMatch(/\/data-capture$/);
  expect(capture).toMatchObject({
    InitialSamplingPercentage: 100,
    CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  });
  expect(capture.KmsKeyId).toBeUndefined();
});

test('ManagedEndpointModel: each batch of a rolling update is watched for 5 minutes', () => {
  const template = managed({ rollingUpdate: { batchPercent: 25 }, minReplicas: 4 });
  expect(first(template, 'AWS::SageMaker::Endpoint').DeploymentConfig.RollingUpdatePolicy).toMatchObject({
    MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 25 },
    WaitIntervalInSeconds: 300,
  });
});

test('ManagedEndpointModel: containers have no network, unless they are in a VPC or their server fetches the weights', () => {
  const isolated = (template: Template) => first(template, 'AWS::SageMaker::Model').EnableNetworkIsolation;
  expect(isolated(managed())).toBe(true);
  expect(isolated(managed({ networkIsolation: false }))).toBe(false);
});
