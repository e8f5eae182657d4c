import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity, ContainerModel } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { containerOf, make, only } from './container-support.js';
import { minimal, VARIANTS } from './container-variants.js';
import { grantedActions, text } from './granted-actions.js';
import { model, savedModel } from './managed-endpoint-variants.js';

describe('ContainerModel', () => {
  test('fetches the package from a prefix with its digest, and loads nothing else', () => {
    const { template } = make();
    const environment = Object.fromEntries(
      containerOf(template()).Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [
        Name,
        text(Value),
      ]),
    );
    expect(environment).toEqual({
      MODELSHIP_MODEL: expect.stringMatching(new RegExp(`^s3://.*/models/iris/${model.digest.slice(7)}/$`)),
      MODELSHIP_MODEL_DIGEST: model.digest,
      MODELSHIP_PROCESSORS: '1',
      MODELSHIP_TIMEOUT_SECONDS: '29',
    });
  });

  test('uploads every file under the name that the manifest gives it', () => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(app, 'S');
    new ContainerModel(stack, 'Iris', {
      ...minimal,
      model: savedModel,
      access: Access.anonymous(),
    });
    const assembly = app.synth();
    const manifest = assembly.artifacts.find((artifact) => artifact.id === 'S.assets')!;
    const { files } = (manifest as unknown as { contents: { files: Record<string, { destinations: object }> } })
      .contents;
    const keys = Object.values(files).flatMap(({ destinations }) =>
      Object.values(destinations as Record<string, { objectKey: string }>).map(({ objectKey }) => objectKey),
    );
    const prefix = `models/iris/${savedModel.digest.slice(7)}/`;
    expect(
      keys
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length))
        .sort(),
    ).toEqual(['model.json', 'samples.json', 'saved/saved_model.pb', 'saved/variables/variables.index']);
  });

  test('mounts a file system read-only, as the task’s role and through the access point', () => {
    const { template } = make(VARIANTS['model on a file system']!);
    const { Volumes: volumes } = only(template(), 'AWS::ECS::TaskDefinition');
    expect(volumes[0].EFSVolumeConfiguration).toMatchObject({
      TransitEncryption: 'ENABLED',
      AuthorizationConfig: { IAM: 'ENABLED' },
    });
    expect(containerOf(template()).MountPoints).toContainEqual(
      expect.objectContaining({ ContainerPath: '/mnt/models', ReadOnly: true }),
    );
    expect(containerOf(template()).Environment).toContainEqual({
      Name: 'MODELSHIP_MODEL',
      Value: '/mnt/models/iris/1',
    });
  });

  test('asks for room on the disk of a task for a large model, unless it is on a file system', () => {
    const large = Object.create(model, { sizeBytes: { value: 11 * 2 ** 30 } });
    const capacity = ContainerCapacity.fargate({ cpu: 4, memoryMib: 16_384 });
    const disk = (props: Parameters<typeof make>[0]) => only(make(props).template(), 'AWS::ECS::TaskDefinition');
    expect(disk({ model: large, capacity }).EphemeralStorage).toEqual({ SizeInGiB: 31 });
    const mounted = (stack: Stack) => ({ ...VARIANTS['model on a file system']!(stack), model: large, capacity });
    expect(disk(mounted).EphemeralStorage).toBeUndefined();
  });

  test('is let in by the file system, once that can be mounted, be it of another stack', () => {
    const app = new App({ analyticsReporting: false });
    const owner = new Stack(app, 'Owner');
    const stack = new Stack(app, 'S');
    new ContainerModel(stack, 'Iris', { ...minimal, ...VARIANTS['model on a file system']!(owner) });
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: { 'Fn::ImportValue': Match.stringLikeRegexp('FilesEfsSecurityGroup') },
      FromPort: 2049,
      ToPort: 2049,
    });
    expect(stack.dependencies).toEqual([owner]);
    expect(owner.dependencies).toEqual([]);
  });

  test('mounts S3 Files read-only, as the task’s role and through the access point', () => {
    const { stack, template } = make(VARIANTS['model in S3 Files']!);
    const accessPoint = { 'Fn::GetAtt': ['AccessPoint', 'AccessPointArn'] };
    const { Volumes: volumes } = only(template(), 'AWS::ECS::TaskDefinition');
    expect(volumes).toEqual([
      {
        Name: 'models',
        S3FilesVolumeConfiguration: {
          AccessPointArn: accessPoint,
          FileSystemArn: { 'Fn::Select': [0, { 'Fn::Split': ['/access-point/', accessPoint] }] },
        },
      },
      { Name: 'tmp' },
    ]);
    expect(containerOf(template()).MountPoints).toContainEqual({
      SourceVolume: 'models',
      ContainerPath: '/mnt/models',
      ReadOnly: true,
    });
    expect(containerOf(template()).Environment).toEqual(
      expect.arrayContaining([
        { Name: 'MODELSHIP_MODEL', Value: '/mnt/models/iris/1' },
        { Name: 'MODELSHIP_MODEL_DIGEST', Value: model.digest },
      ]),
    );
    expect(grantedActions(stack).filter((action) => /^s3(files)?:(Client|GetObject)/.test(action))).toEqual([
      's3:GetObject on arn:{AWS::Partition}:s3:::models-of-mine/models/iris/1/*',
      's3:GetObjectVersion on arn:{AWS::Partition}:s3:::models-of-mine/models/iris/1/*',
      's3files:ClientMount on {AccessPoint.AccessPointArn}',
      's3files:ClientMount on {part 0 of {AccessPoint.AccessPointArn}} if',
    ]);
  });

  test('waits for the mount targets of S3 Files, which let the tasks in', () => {
    const { template } = make(VARIANTS['model in S3 Files']!);
    const [rule] = Object.entries(template().findResources('AWS::EC2::SecurityGroupIngress')).find(
      ([, { Properties }]) => Properties.FromPort === 2049,
    )!;
    template().hasResource('AWS::ECS::Service', {
      DependsOn: Match.arrayWith([rule, 'MountTarget0', 'MountTarget1']),
    });
  });
});
