import type { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ContainerCapacity, ContainerModelData, type ContainerModelProps } from '../../../lib/aws/index.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { bucket, IMAGE, model, savedModel } from './managed-endpoint-variants.js';

/** The least that a service takes. */
export const minimal: ContainerModelProps = { model, image: ImageSource.fromRegistry(IMAGE) };

export const certificate = (stack: Stack) =>
  Certificate.fromCertificateArn(
    stack,
    'Certificate',
    'arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  );

export const jwt = Access.jwt({ issuer: 'https://login.example.com/', audience: ['iris', 'all'] });

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
  canary: () => ({ rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }) }),
  linear: () => ({ rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 2 }) }),
  'blue and green': () => ({ blueGreenBakeMinutes: 10 }),
  GPU: () => ({ capacity: ContainerCapacity.gpu() }),
  'GPU on instances that ECS manages': () => ({ capacity: ContainerCapacity.managedGpu() }),
  'model from a bucket': (stack) => ({ modelData: ContainerModelData.fromBucket(bucket(stack), 'models/iris/1/') }),
  'model on a file system': (stack) => {
    const vpc = new Vpc(stack, 'Vpc', { natGateways: 1, restrictDefaultSecurityGroup: false });
    vpc.addFlowLog('Flow');
    const fileSystem = new FileSystem(stack, 'Files', { vpc, encrypted: true });
    const accessPoint = fileSystem.addAccessPoint('Models', { path: '/models' });
    return { vpc, modelData: ContainerModelData.fromFileSystem(fileSystem, accessPoint, 'iris/1') };
  },
  secrets: (stack) => ({
    secrets: { TOKEN: EcsSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Secret', 'token')) },
  }),
  'TensorFlow Serving': () => ({ model: savedModel, image: undefined, server: ModelServer.tensorflowServing() }),
};
