import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FlowLogDestination, InterfaceVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ServerlessFront, ServerlessModelData, type ServerlessModelProps, WebAcl } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { s3Files } from './s3-files.js';

export const minimal = { model: Model.fromDirectory(writePackage()) };

/** A model with golden samples. */
const iris = Model.fromDirectory(join(__dirname, '../../../examples/iris/model'));

/** A model that needs Python, and trust. */
export const pickled = Model.fromDirectory(writePackage({ format: 'pickle' }), { trustPickle: true });

/** A network without a way out, as its owner would make it. */
function network(stack: Stack): Vpc {
  const logs = new LogGroup(stack, 'FlowLogs', { retention: 90 });
  return new Vpc(stack, 'Vpc', {
    natGateways: 0,
    subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED }],
    flowLogs: { all: { destination: FlowLogDestination.toCloudWatchLogs(logs) } },
  });
}

/** What tools look at: each way to let callers in, and everything at once. */
export const VARIANTS: Readonly<Record<string, (stack: Stack) => Partial<ServerlessModelProps>>> = {
  default: () => ({}),
  keys: () => ({
    access: Access.apiKey(),
    timeoutSeconds: 300,
    throttle: { requestsPerSecond: 5, burst: 10, requestsPerDay: 1000 },
  }),
  tokens: () => ({ access: Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] }) }),
  anonymous: () => ({ access: Access.anonymous() }),
  'private REST API': (stack) => {
    const endpoint = network(stack).addInterfaceEndpoint('Api', { service: InterfaceVpcEndpointAwsService.APIGATEWAY });
    return { front: ServerlessFront.restApi({ vpcEndpoints: [endpoint] }) };
  },
  'HTTP API': () => ({ front: ServerlessFront.httpApi() }),
  'HTTP API, tokens': () => ({
    front: ServerlessFront.httpApi(),
    access: Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] }),
  }),
  'HTTP API, anonymous': () => ({ front: ServerlessFront.httpApi(), access: Access.anonymous() }),
  'function URL': () => ({ front: ServerlessFront.functionUrl(), timeoutSeconds: 600 }),
  'function URL, anonymous': () => ({ front: ServerlessFront.functionUrl(), access: Access.anonymous() }),
  canary: () => ({ rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }), minReplicas: 1 }),
  'linear, function URL': () => ({
    front: ServerlessFront.functionUrl(),
    rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 5 }),
  }),
  gate: (stack) => ({
    model: iris,
    rollout: Rollout.allAtOnce({ gate: {} }),
    encryptionKey: new Key(stack, 'GateKey', { enableKeyRotation: true }),
  }),
  network: (stack) => ({ vpc: network(stack), front: ServerlessFront.httpApi() }),
  'file system': (stack) => {
    const vpc = network(stack);
    const files = new FileSystem(stack, 'Files', { vpc, encrypted: true, enableAutomaticBackups: true });
    const accessPoint = files.addAccessPoint('Models', { path: '/models' });
    return { vpc, modelData: ServerlessModelData.fromFileSystem(accessPoint, 'iris/1') };
  },
  'S3 Files': (stack) => {
    const vpc = network(stack);
    const { accessPoint } = s3Files(stack, vpc);
    return { vpc, modelData: ServerlessModelData.fromS3Files(accessPoint, 'iris/1') };
  },
  'S3 Files, read from S3': (stack) => {
    const vpc = network(stack);
    const { accessPoint, bucket } = s3Files(stack, vpc);
    const origin = { bucket, prefix: 'models/iris/1/' };
    return { vpc, modelData: ServerlessModelData.fromS3Files(accessPoint, 'iris/1', origin) };
  },
  bucket: (stack) => ({
    modelData: ServerlessModelData.fromBucket(Bucket.fromBucketName(stack, 'Models', 'models-of-mine'), 'iris/1/'),
    front: ServerlessFront.functionUrl(),
  }),
  firewall: () => ({ webAcl: WebAcl.managed() }),
  queue: (stack) => ({
    front: ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(stack, 'Answers', 'answers-of-mine') }),
  }),
  image: () => ({ model: pickled, front: ServerlessFront.functionUrl() }),
  'warm, bounded and encrypted': (stack) => {
    const key = new Key(stack, 'Key', { enableKeyRotation: true });
    const topic = new Topic(stack, 'Topic', { masterKey: key, enforceSSL: true });
    return {
      minReplicas: 1,
      maxReplicas: 4,
      encryptionKey: key,
      secrets: { TOKEN: EcsSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Secret', 'token')) },
      alarmActions: [new SnsAction(topic)],
      apiGatewayLogRole: true,
    };
  },
};
