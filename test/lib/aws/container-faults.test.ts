import { App, Duration, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity, ContainerModelData } from '../../../lib/aws/index.js';
import { Access, ImageArchitecture, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { faults, type Props, publicVpc } from './container-support.js';
import { certificate, jwt, VARIANTS } from './container-variants.js';
import { s3Files } from './s3-files.js';

describe('ContainerModel refuses', () => {
  test.each<[string, Props | ((stack: Stack) => Props), string[]]>([
    ['keys, which a load balancer does not know', { access: Access.apiKey() }, ['access: UNSUPPORTED']],
    ['a JWT in the clear', { access: jwt }, ['certificate: MISSING']],
    ['the internet in the clear', { access: Access.anonymous(), internetFacing: true }, ['certificate: MISSING']],
    [
      'the internet beside the API',
      (stack) => ({ internetFacing: true, certificate: certificate(stack), domainName: 'a.example.com' }),
      ['internetFacing: CONFLICT'],
    ],
    [
      'throttling without the API',
      { access: Access.anonymous(), throttle: { requestsPerSecond: 1 } },
      ['throttle: UNSUPPORTED'],
    ],
    [
      'rates that API Gateway does not know',
      { throttle: { requestsPerSecond: -1, burst: 0.5, requestsPerDay: 100 } },
      [
        'throttle.requestsPerSecond: OUT_OF_RANGE',
        'throttle.burst: OUT_OF_RANGE',
        'throttle.requestsPerDay: UNSUPPORTED',
      ],
    ],
    [
      'tokens for nobody, from an issuer in the clear',
      (stack) => ({
        access: Access.jwt({ issuer: 'http://login.example.com', audience: [] }),
        jwksUrl: 'http://login.example.com/keys',
        certificate: certificate(stack),
      }),
      ['access.issuer: BAD_TEXT', 'access.audience: MISSING', 'jwksUrl: BAD_TEXT'],
    ],
    [
      'more of tokens than a load balancer checks',
      (stack) => ({
        access: Access.jwt({
          issuer: `https://login.example.com/${'a'.repeat(256)}`,
          audience: Array.from({ length: 11 }, (_, index) => `audience-${index}`),
        }),
        jwksUrl: 'https://login.example.com/keys',
        certificate: certificate(stack),
      }),
      ['access.issuer: TOO_LONG', 'access.audience: TOO_MANY'],
    ],
    ['a VPC in which there is nowhere to put tasks', (stack) => ({ vpc: publicVpc(stack) }), ['vpc: NO_SUBNETS']],
    [
      'a cluster in such a VPC',
      (stack) => ({ cluster: new Cluster(stack, 'Cluster', { vpc: publicVpc(stack) }) }),
      ['cluster: NO_SUBNETS'],
    ],
    [
      'a VPC that nobody reaches from the internet, for everyone',
      (stack) => ({
        ...VARIANTS['facing the internet']!(stack),
        vpc: new Vpc(stack, 'Vpc', {
          subnetConfiguration: [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
        }),
      }),
      ['vpc: NO_SUBNETS'],
    ],
    [
      'a variable in the clear that is a secret',
      (stack) => ({ ...VARIANTS.secrets!(stack), environment: { TOKEN: 'x' } }),
      ['secrets.TOKEN: CONFLICT'],
    ],
    [
      'a certificate whose name the API does not know',
      (stack) => ({ certificate: certificate(stack) }),
      ['domainName: MISSING'],
    ],
    ['more time than the API has', { timeoutSeconds: 30 }, ['timeoutSeconds: OUT_OF_RANGE']],
    [
      'a size that Fargate does not have',
      { capacity: ContainerCapacity.fargate({ cpu: 3 }) },
      ['capacity.cpu: OUT_OF_RANGE'],
    ],
    [
      'memory that does not go with the CPU',
      { capacity: ContainerCapacity.fargate({ cpu: 1, memoryMib: 16_384 }) },
      ['capacity.memoryMib: OUT_OF_RANGE'],
    ],
    [
      'a GPU server on Fargate',
      { image: undefined, server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }) },
      ['capacity: NO_GPU'],
    ],
    [
      'our runtime on GPUs that it does not use',
      { image: undefined, capacity: ContainerCapacity.gpu() },
      ['image: NO_GPU_RUNTIME'],
    ],
    [
      'a server without an image',
      { image: undefined, server: ModelServer.custom({ image: 'https://registry.example/a' }) },
      ['server: BAD_TEXT'],
    ],
    [
      'weights in a bucket of another cloud, and a variable that is the server’s',
      {
        image: undefined,
        server: ModelServer.vllm({ source: 'gs://weights/qwen' }),
        capacity: ContainerCapacity.gpu(),
        environment: { VLLM_NO_USAGE_STATS: '0' },
      },
      ['server: UNSUPPORTED_SOURCE', 'environment.VLLM_NO_USAGE_STATS: RESERVED_VARIABLE'],
    ],
    [
      'an image without Arm on Arm',
      (stack) => ({
        ...VARIANTS['TensorFlow Serving']!(stack),
        capacity: ContainerCapacity.fargate({ x86: false }),
      }),
      ['capacity.x86: WRONG_ARCHITECTURE'],
    ],
    [
      'an image for Arm alone beside a GPU',
      {
        image: undefined,
        server: ModelServer.custom({ image: 'example/server:1', architectures: [ImageArchitecture.ARM64] }),
        capacity: ContainerCapacity.gpu(),
      },
      ['capacity: WRONG_ARCHITECTURE'],
    ],
    [
      'a server that cannot load the format, beside an image of ours',
      { server: ModelServer.tensorflowServing() },
      ['server: UNSUPPORTED_FORMAT', 'image: CONFLICT'],
    ],
    [
      'the name of a bucket, without a prefix',
      { modelData: ContainerModelData.fromBucket('models' as never, undefined as never) },
      ['modelData.bucket: WRONG_TYPE', 'modelData.prefix: MISSING'],
    ],
    [
      'a file system out of reach',
      (stack) => ({ ...VARIANTS['model on a file system']!(stack), vpc: undefined }),
      ['vpc: MISSING'],
    ],
    [
      'S3 Files out of reach, by a folder from the root and keys that begin alike',
      (stack) => {
        const { accessPoint, bucket } = s3Files(stack, new Vpc(stack, 'Vpc'));
        return { modelData: ContainerModelData.fromS3Files(accessPoint, '/iris', { bucket, prefix: 'models/iris' }) };
      },
      ['vpc: MISSING', 'modelData.prefix: BAD_TEXT', 'modelData.folder: BAD_TEXT'],
    ],
    [
      'a server that does not fetch models, with a model in a bucket',
      (stack) => ({
        image: undefined,
        server: ModelServer.triton(),
        modelData: ContainerModelData.fromBucket(new Bucket(stack, 'B'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    ['a start that takes no time', { startupSeconds: 0 }, ['startupSeconds: OUT_OF_RANGE']],
    ['more at least than at most', { minReplicas: 3, maxReplicas: 2 }, ['minReplicas: MIN_OVER_MAX']],
    ['no task at all', { minReplicas: 0 }, ['minReplicas: OUT_OF_RANGE']],
    [
      'a canary and blue and green',
      { rollout: Rollout.canary({ percent: 0, bakeMinutes: 1 }), blueGreenBakeTime: Duration.minutes(5) },
      ['rollout.percent: OUT_OF_RANGE', 'blueGreenBakeTime: CONFLICT'],
    ],
    [
      'a variable that the construct sets',
      { environment: { MODELSHIP_MODEL: '/x' } },
      ['environment.MODELSHIP_MODEL: RESERVED_VARIABLE'],
    ],
    [
      'instances without a GPU',
      { capacity: ContainerCapacity.gpu({ instanceType: 'c7i.xlarge' }) },
      ['capacity.instanceType: NO_GPU'],
    ],
    [
      'GPUs that CUDA does not know',
      { capacity: ContainerCapacity.gpu({ instanceType: 'g4ad.xlarge' }) },
      ['capacity.instanceType: NO_GPU'],
    ],
    [
      'a size that no instance has',
      { capacity: ContainerCapacity.gpu({ cpu: -3.5, memoryMib: 1.5 }) },
      ['capacity.cpu: OUT_OF_RANGE', 'capacity.memoryMib: OUT_OF_RANGE'],
    ],
    [
      'a cluster of another app, which it would have to change',
      (stack) => ({
        capacity: ContainerCapacity.gpu(),
        cluster: Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'all', vpc: new Vpc(stack, 'Vpc') }),
      }),
      ['cluster: CONFLICT'],
    ],
    [
      'a cluster of another stack, which it would have to change',
      (stack) => {
        const other = new Stack(App.of(stack), 'Other');
        return {
          capacity: ContainerCapacity.gpu(),
          cluster: new Cluster(other, 'Cluster', { vpc: new Vpc(other, 'Vpc') }),
        };
      },
      ['cluster: CONFLICT'],
    ],
    ['log retention that CloudWatch does not know', { logRetentionDays: 91 }, ['logRetentionDays: OUT_OF_RANGE']],
    ['a misspelt prop', { acess: 1 } as Props, ['acess: UNKNOWN_PROP']],
    [
      'a cluster of another VPC',
      (stack) => ({
        vpc: new Vpc(stack, 'One'),
        cluster: new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Two') }),
      }),
      ['vpc: CONFLICT'],
    ],
  ])('%s', (_what, props, expected) => {
    expect(faults(props)).toEqual(expected);
  });
});
