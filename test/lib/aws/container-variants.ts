import { join } from 'node:path';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights, Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { ApplicationLoadBalancer, ApplicationProtocol, ListenerAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  ContainerCapacity,
  ContainerModelData,
  type ContainerModelProps,
  type ExistingListener,
} from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { bucket, IMAGE, model, savedModel } from './managed-endpoint-variants.js';
import { s3Files } from './s3-files.js';

/** The least that a service takes. */
export const minimal: ContainerModelProps = { model, image: ImageSource.fromRegistry(IMAGE) };

export const certificate = (stack: Stack) =>
  Certificate.fromCertificateArn(
    stack,
    'Certificate',
    'arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  );

export const jwt = Access.jwt({ issuer: 'https://example.auth0.com/', audience: ['iris'] });

/** A model with golden samples. */
const iris = Model.fromDirectory(join(__dirname, '../../../examples/iris/model'));

export const torchScript = Model.fromDirectory(writePackage({ format: 'torchscript', artifact: 'model.onnx' }));

function network(stack: Stack): Vpc {
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 1, restrictDefaultSecurityGroup: false });
  vpc.addFlowLog('Flow');
  return vpc;
}

function fileSystem(stack: Stack): Partial<ContainerModelProps> {
  const vpc = network(stack);
  const files = new FileSystem(stack, 'Files', { vpc, encrypted: true });
  const accessPoint = files.addAccessPoint('Models', { path: '/models' });
  return { vpc, modelData: ContainerModelData.fromFileSystem(files, accessPoint, 'iris/1') };
}

/** A rule for `iris.example.com` on a listener that serves others, too. */
export function behindExisting(stack: Stack): Partial<ContainerModelProps> & { listener: ExistingListener } {
  const vpc = network(stack);
  const loadBalancer = new ApplicationLoadBalancer(stack, 'Shared', { vpc });
  const listener = loadBalancer.addListener('Listener', {
    protocol: ApplicationProtocol.HTTP,
    open: false,
    defaultAction: ListenerAction.fixedResponse(404),
  });
  return {
    vpc,
    access: Access.anonymous(),
    domainName: 'iris.example.com',
    listener: { listener, loadBalancer, priority: 10, protocol: ApplicationProtocol.HTTP },
  };
}

/** Every variant of the construct that the tools check. */
export const VARIANTS: Readonly<Record<string, (stack: Stack) => Partial<ContainerModelProps>>> = {
  'behind an API for IAM identities': () => ({}),
  'network only': () => ({ access: Access.anonymous() }),
  'JWT at the load balancer': (stack) => ({
    access: jwt,
    certificate: certificate(stack),
    domainName: 'iris.example.com',
  }),
  'facing the internet': (stack) => ({
    access: jwt,
    internetFacing: true,
    certificate: certificate(stack),
    domainName: 'iris.example.com',
  }),
  'behind a load balancer that is there': (stack) => behindExisting(stack),
  canary: () => ({ rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }) }),
  linear: () => ({ rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 2 }) }),
  'blue and green': () => ({ blueGreenBakeTime: Duration.minutes(10) }),
  gate: (stack) => ({
    model: iris,
    certificate: certificate(stack),
    domainName: 'iris.example.com',
    rollout: Rollout.allAtOnce({ gate: {} }),
    encryptionKey: new Key(stack, 'GateKey', { enableKeyRotation: true }),
  }),
  GPU: () => ({ capacity: ContainerCapacity.gpu() }),
  'GPU on instances that ECS manages': () => ({ capacity: ContainerCapacity.managedGpu() }),
  'model from a bucket': (stack) => ({ modelData: ContainerModelData.fromBucket(bucket(stack), 'models/iris/1/') }),
  'model on a file system': (stack) => fileSystem(stack),
  'model in S3 Files': (stack) => {
    const vpc = network(stack);
    const { accessPoint, bucket } = s3Files(stack, vpc);
    const origin = { bucket, prefix: 'models/iris/1/' };
    return { vpc, modelData: ContainerModelData.fromS3Files(accessPoint, 'iris/1', origin) };
  },
  'Fargate Spot on x86, a fixed number': () => ({
    capacity: ContainerCapacity.fargate({ cpu: 0.5, memoryMib: 1024, x86: true, spot: true }),
    minReplicas: 2,
    maxReplicas: 2,
  }),
  'Service Connect in a cluster that is there': (stack) => {
    const vpc = network(stack);
    const cluster = new Cluster(stack, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    cluster.addDefaultCloudMapNamespace({ name: 'models.local', useForServiceConnect: true });
    return { cluster, serviceConnectNamespace: 'models.local' };
  },
  secrets: (stack) => ({
    secrets: { TOKEN: EcsSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Secret', 'token')) },
  }),
  'by office hours': () => ({
    schedule: [
      { cron: '0 8 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 2 },
      { cron: '0 20 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 0, maxReplicas: 0 },
    ],
  }),
  'encrypted, open to commands': (stack) => ({
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
    enableExecuteCommand: true,
  }),
  'GPU with encrypted disks': (stack) => ({
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
    capacity: ContainerCapacity.gpu(),
  }),
  'TensorFlow Serving': () => ({ model: savedModel, image: undefined, server: ModelServer.tensorflowServing() }),
  TorchServe: () => ({ model: torchScript, image: undefined, server: ModelServer.torchServe() }),
  'Triton on GPUs, model on a file system': (stack) => ({
    ...fileSystem(stack),
    image: undefined,
    server: ModelServer.triton(),
    capacity: ContainerCapacity.gpu(),
  }),
  'vLLM on GPUs that ECS manages': () => ({
    image: undefined,
    server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }),
    capacity: ContainerCapacity.managedGpu({ instanceType: 'g6.2xlarge', cpu: 7, memoryMib: 28_672 }),
  }),
  'vLLM with weights from S3, whose answers stream': (stack) => ({
    image: undefined,
    server: ModelServer.vllm({ source: 's3://weights/qwen/' }),
    capacity: ContainerCapacity.gpu(),
    access: jwt,
    certificate: certificate(stack),
    domainName: 'iris.example.com',
  }),
  'a server of another kind': () => ({
    image: undefined,
    server: ModelServer.custom({ image: 'ghcr.io/example/server:1', port: 9090, modelFolderVariable: 'MODEL' }),
  }),
};
