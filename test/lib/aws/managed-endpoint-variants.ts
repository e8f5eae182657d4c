import type { Stack } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EndpointMode, EndpointModelData, type ManagedEndpointModelProps } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';

export const IMAGE = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/modelship/runtime@sha256:${'0a'.repeat(32)}`;
export const model = Model.fromDirectory(writePackage());
export const secondModel = Model.fromDirectory(writePackage({ version: '2' }));
export const savedModel = Model.fromDirectory(
  writePackage({
    format: 'saved_model',
    artifact: 'saved',
    content: { 'saved/saved_model.pb': 'graph', 'saved/variables/variables.index': 'index', 'samples.json': '[]' },
  }),
);

/** The least that an endpoint takes. */
export const minimal: ManagedEndpointModelProps = { model, image: ImageSource.fromRegistry(IMAGE) };

/** A bucket without findings of its own. */
export function bucket(stack: Stack, id = 'Bucket'): Bucket {
  return new Bucket(stack, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    serverAccessLogsPrefix: 'access/',
  });
}

const topic = (stack: Stack, id: string) => new Topic(stack, id, { enforceSSL: true });
const DEEP_LEARNING = '763104351884.dkr.ecr.eu-west-1.amazonaws.com';

/** Every variant of the construct that the tools check. */
export const VARIANTS: Readonly<Record<string, (stack: Stack) => Partial<ManagedEndpointModelProps>>> = {
  'real time': () => ({}),
  'several variants that scale': () => ({
    mode: EndpointMode.realTime({ variants: [{ name: 'Second', model: secondModel, weight: 0.2 }] }),
    maxReplicas: 4,
  }),
  shadow: () => ({ mode: EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel } }) }),
  canary: () => ({ rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }) }),
  linear: () => ({ rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 5 }), minReplicas: 5 }),
  rolling: () => ({ rollingUpdate: { batchPercent: 25 }, minReplicas: 4 }),
  serverless: () => ({ mode: EndpointMode.serverless() }),
  'serverless with provisioned concurrency': () => ({
    mode: EndpointMode.serverless({ memoryMib: 4096, maxProvisionedConcurrency: 5 }),
    minReplicas: 1,
    maxReplicas: 10,
  }),
  asynchronous: (stack) => ({
    mode: EndpointMode.asynchronous({
      outputBucket: bucket(stack),
      successTopic: topic(stack, 'Done'),
      errorTopic: topic(stack, 'Failed'),
    }),
    maxReplicas: 3,
  }),
  'inference component that scales to zero': () => ({
    mode: EndpointMode.inferenceComponents(),
    minReplicas: 0,
    maxReplicas: 2,
  }),
  'asynchronous, encrypted, requests in a bucket of their own': (stack) => ({
    mode: EndpointMode.asynchronous({ outputBucket: bucket(stack), inputBucket: bucket(stack, 'Input') }),
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  }),
  'inference components on GPUs, replaced in batches': () => ({
    mode: EndpointMode.inferenceComponents({ instanceType: 'ml.g5.12xlarge', gpuCount: 1, memoryMib: 16_384 }),
    minReplicas: 2,
    maxReplicas: 8,
    rollingUpdate: { batchPercent: 25 },
  }),
  'captured, explained and encrypted': (stack) => ({
    dataCapture: { bucket: bucket(stack), samplingPercent: 20 },
    explanations: { baseline: '0,0,0,0', featureHeaders: ['a', 'b', 'c', 'd'], seed: 1 },
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  }),
  'in a VPC': (stack) => {
    const vpc = new Vpc(stack, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    vpc.addFlowLog('Flow');
    return { vpc };
  },
  'many models': (stack) => ({ modelData: EndpointModelData.multiModel(bucket(stack), 'models/') }),
  'model from a bucket': (stack) => ({ modelData: EndpointModelData.fromBucket(bucket(stack), 'models/iris/1/') }),
  'model from the registry': () => ({
    image: undefined,
    mode: EndpointMode.realTime({ instanceType: 'ml.m5.large' }),
    modelData: EndpointModelData.fromModelPackage('arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/3'),
  }),
  pipeline: (stack) => ({
    modelData: EndpointModelData.pipeline({
      before: [{ image: ImageSource.fromRegistry(IMAGE), bucket: bucket(stack), key: 'features.tar.gz' }],
      after: [{ image: ImageSource.fromRegistry(IMAGE), environment: { LABELS: 'a,b' } }],
    }),
  }),
  'LoRA adapters': (stack) => ({
    mode: EndpointMode.inferenceComponents({
      adapters: [{ name: 'legal', bucket: bucket(stack), key: 'adapters/legal.tar.gz' }],
    }),
  }),
  'TensorFlow Serving': () => ({
    model: savedModel,
    image: undefined,
    server: ModelServer.tensorflowServing({ image: `${DEEP_LEARNING}/tensorflow-inference:2.19.0-cpu` }),
    mode: EndpointMode.realTime({ instanceType: 'ml.c6i.large' }),
  }),
  vLLM: () => ({
    image: undefined,
    server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B', image: `${DEEP_LEARNING}/vllm:0.11-gpu` }),
    mode: EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' }),
  }),
  Triton: () => ({
    image: undefined,
    server: ModelServer.triton({ image: `${DEEP_LEARNING}/sagemaker-tritonserver:25.04-py3` }),
    mode: EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' }),
  }),
  'a server of another kind': () => ({
    image: undefined,
    server: ModelServer.custom({ image: IMAGE, modelFolderVariable: 'MODEL' }),
  }),
};
