import { Stack } from 'aws-cdk-lib';
import type { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity } from '../../../lib/aws/index.js';
import { ImageArchitecture, ModelServer } from '../../../lib/serving/index.js';
import { containerOf, make, only, type Props } from './container-support.js';
import { VARIANTS } from './container-variants.js';
import { text } from './granted-actions.js';

describe('ContainerModel', () => {
  test('gives servers as long to start as they are said to take, and tells ours', () => {
    const start = (props: Props) => {
      const { template } = make(props);
      const { HealthCheckGracePeriodSeconds: grace } = only(template(), 'AWS::ECS::Service');
      const { Environment: environment } = containerOf(template());
      return [grace, environment.filter(({ Name }: { Name: string }) => Name === 'MODELSHIP_START_SECONDS')];
    };
    const other = VARIANTS['TensorFlow Serving']!(new Stack());
    expect(start(other)).toEqual([300, []]);
    expect(start({ ...other, startupSeconds: 1800 })).toEqual([1800, []]);
    expect(start({ startupSeconds: 1800 })).toEqual([1800, [{ Name: 'MODELSHIP_START_SECONDS', Value: '1800' }]]);
  });

  test('runs other servers with their command, port and probes', () => {
    const { template } = make(VARIANTS['TensorFlow Serving']!);
    expect(containerOf(template())).toMatchObject({
      Command: ['--rest_api_port=8501', '--file_system_poll_wait_seconds=0'],
      PortMappings: [{ ContainerPort: 8501 }],
      Environment: [
        { Name: 'MODEL_NAME', Value: 'iris' },
        { Name: 'MODEL_BASE_PATH', Value: '/models' },
      ],
    });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::TargetGroup').HealthCheckPath).toBe('/v1/models/iris');
  });

  test.each([
    ['Arm by default', {}, 'ARM64'],
    ['x86 for an image that is not built for Arm', VARIANTS['TensorFlow Serving']!, 'X86_64'],
    ['x86 for an image of which nothing is known', VARIANTS['a server of another kind']!, 'X86_64'],
    [
      'Arm for an image that is built for it',
      (stack: Stack) => ({
        ...VARIANTS['TensorFlow Serving']!(stack),
        server: ModelServer.tensorflowServing({ image: 'example/serving:1', architectures: [ImageArchitecture.ARM64] }),
      }),
      'ARM64',
    ],
    [
      'x86 for an image that is built for both, if it is asked for',
      { image: undefined, server: ModelServer.triton(), capacity: ContainerCapacity.fargate({ x86: true }) },
      'X86_64',
    ],
  ])('runs on %s', (_what, props, expected) => {
    const { template } = make(props);
    expect(only(template(), 'AWS::ECS::TaskDefinition').RuntimePlatform.CpuArchitecture).toBe(expected);
  });

  test.each([
    ['a prefix', 's3://weights/qwen/', 'weights/qwen/*', { StringLike: { 's3:prefix': ['qwen', 'qwen/*'] } }],
    ['a bucket', 's3://weights', 'weights/*', undefined],
  ])(
    'lets a server read the weights that it fetches from %s, and list no others',
    (_what, source, objects, Condition) => {
      const { template, service } = make({
        image: undefined,
        server: ModelServer.vllm({ source }),
        capacity: ContainerCapacity.gpu(),
      });
      const role = service.task.taskRole.node.findChild('DefaultPolicy').node.defaultChild as CfnPolicy;
      const { Statement } =
        template().toJSON().Resources[Stack.of(service).getLogicalId(role)].Properties.PolicyDocument;
      const s3 = Statement.filter(({ Action }: { Action: string }) => Action.startsWith('s3:'));
      expect(s3.map(({ Resource }: { Resource: unknown }) => text(Resource).replace(/^.*:s3:::/, ''))).toEqual([
        objects,
        'weights',
      ]);
      expect(s3[0]).toMatchObject({ Action: 's3:GetObject', Effect: 'Allow' });
      expect(s3[0].Condition).toBeUndefined();
      expect(s3[1].Action).toBe('s3:ListBucket');
      expect(s3[1].Condition).toEqual(Condition);
    },
  );

  test.each([
    ['fetches its weights', 'Qwen/Qwen3-0.6B', 1800],
    ['has them in its image', '/opt/qwen', 300],
  ])('gives a server that %s the time for it', (_what, source, seconds) => {
    const { template } = make({
      image: undefined,
      server: ModelServer.vllm({ source }),
      capacity: ContainerCapacity.managedGpu(),
    });
    expect(only(template(), 'AWS::ECS::Service').HealthCheckGracePeriodSeconds).toBe(seconds);
  });
});
