import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity, ContainerModel, type ContainerModelProps } from '../../../lib/aws/index.js';
import { minimal } from './container-variants.js';
import { grantedActions, text } from './granted-actions.js';

function make(props: (stack: Stack) => Partial<ContainerModelProps> = () => ({})) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S', { tags: { team: 'search' } });
  const service = new ContainerModel(stack, 'Iris', { ...minimal, ...props(stack) });
  return { stack, service, template: () => Template.fromStack(stack) };
}

const encrypted = (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key') });
const keyed = { KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } };

test.each(['fargate', 'gpu', 'managedGpu'] as const)('tasks on %s have the tags of the stack', (kind) => {
  const { template } = make(() => ({ capacity: ContainerCapacity[kind]() }));
  template().hasResourceProperties('AWS::ECS::Service', { PropagateTags: 'SERVICE', EnableECSManagedTags: true });
});

describe('encryptionKey', () => {
  test('encrypts every log group', () => {
    const { template } = make(encrypted);
    template().allResourcesProperties('AWS::Logs::LogGroup', keyed);
    template().resourceCountIs('AWS::Logs::LogGroup', 3);
  });

  test('encrypts the storage of the tasks in a new cluster', () => {
    const { template } = make(encrypted);
    template().hasResourceProperties('AWS::ECS::Cluster', {
      Configuration: { ManagedStorageConfiguration: { FargateEphemeralStorageKmsKeyId: Match.anyValue() } },
    });
  });

  test('encrypts the disks of GPU instances, and lets EC2 use the key for this account alone', () => {
    const { template } = make((stack) => ({ ...encrypted(stack), capacity: ContainerCapacity.gpu() }));
    template().hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: { Encrypted: true, ...keyed } }] },
    });
    template().hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { AWS: '*' },
            Action: Match.arrayWith(['kms:CreateGrant']),
            Condition: {
              StringEquals: { 'kms:CallerAccount': { Ref: 'AWS::AccountId' }, 'kms:ViaService': Match.anyValue() },
            },
          }),
        ]),
      },
    });
  });
});

describe('enableExecuteCommand', () => {
  const open = make(() => ({ enableExecuteCommand: true }));
  const container = Object.values(open.template().findResources('AWS::ECS::TaskDefinition'))[0]!.Properties
    .ContainerDefinitions[0];

  test('is off by default, with a read-only file system', () => {
    const { stack, template } = make();
    template().hasResourceProperties('AWS::ECS::Service', { EnableExecuteCommand: Match.absent() });
    expect(grantedActions(stack).filter((action) => action.startsWith('ssmmessages:'))).toEqual([]);
  });

  test('starts the agent, which writes to the file system, and reaps what commands leave', () => {
    open.template().hasResourceProperties('AWS::ECS::Service', { EnableExecuteCommand: true });
    expect(container.ReadonlyRootFilesystem).toBe(false);
    expect(container.LinuxParameters).toMatchObject({ InitProcessEnabled: true });
  });

  test('reaches Systems Manager from a VPC without internet access', () => {
    const services = Object.values(open.template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      text(Properties.ServiceName),
    );
    expect(services).toContainEqual(expect.stringMatching(/ssmmessages$/));
  });

  test('logs commands to the log group of the tasks', () => {
    expect(grantedActions(open.stack, 'IrisTaskTaskRole')).toEqual(
      expect.arrayContaining([
        'logs:DescribeLogGroups on *',
        expect.stringMatching(/^logs:PutLogEvents on \{IrisTaskLogs/),
        'ssmmessages:OpenDataChannel on *',
      ]),
    );
    expect(grantedActions(open.stack)).not.toContain('logs:PutLogEvents on *');
  });
});

test.each(['a-b', 'a.b', '1st', '_'])('ECS accepts the variable %s, in its secrets too', (name) => {
  const secrets = (stack: Stack) => ({
    [`${name}s`]: EcsSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Secret', 'token')),
  });
  const { template } = make((stack) => ({ environment: { [name]: 'x' }, secrets: secrets(stack) }));
  template().hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [
      Match.objectLike({
        Environment: Match.arrayWith([{ Name: name, Value: 'x' }]),
        Secrets: [Match.objectLike({ Name: `${name}s` })],
      }),
    ],
  });
});
