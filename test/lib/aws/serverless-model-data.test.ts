import { Lazy, Resource, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { CfnAccessPoint, IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import { describe, expect, test } from 'vitest';
import { ServerlessFront, ServerlessModel, ServerlessModelData } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { grantedActions } from './granted-actions.js';
import { s3Files } from './s3-files.js';
import { faults, make, model, modelOf, type Props } from './serverless-support.js';
import { pickled } from './serverless-variants.js';

const GIB = 1024;
const inBucket = (stack: Stack, prefix = 'iris/1/') =>
  ServerlessModelData.fromBucket(Bucket.fromBucketName(stack, 'Models', 'mine'), prefix);

/** In a file system, with its network. */
function mounted(stack: Stack, folder = 'iris/1') {
  const vpc = new Vpc(stack, 'Vpc');
  const accessPoint = new FileSystem(stack, 'Files', { vpc }).addAccessPoint('Models');
  return { vpc, modelData: ServerlessModelData.fromFileSystem(accessPoint, folder) };
}

/** In S3 Files, with its network. */
function inS3Files(stack: Stack, folder = 'iris/1', prefix?: string) {
  const vpc = new Vpc(stack, 'Vpc');
  const { accessPoint, bucket } = s3Files(stack, vpc);
  const origin = prefix === undefined ? undefined : { bucket, prefix };
  return { vpc, modelData: ServerlessModelData.fromS3Files(accessPoint, folder, origin) };
}

/** An access point that another app has made. */
class ForeignAccessPoint extends Resource implements IAccessPointRef {
  static readonly fileSystemArn = 'arn:aws:s3files:eu-west-1:123456789012:file-system/fs-0123456789abcdef0';
  readonly accessPointRef = {
    accessPointId: 'fsap-0123456789abcdef1',
    accessPointArn: `${ForeignAccessPoint.fileSystemArn}/access-point/fsap-0123456789abcdef1`,
  };
}

const s3FilesGrants = (stack: Stack) => grantedActions(stack).filter((action) => action.startsWith('s3files:'));

describe('ServerlessModel gets its model', () => {
  test('above the limit of code from S3, and the function may read its files alone', () => {
    const { stack, template } = make({ model: modelOf(300) });
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { MODELSHIP_MODEL: { 'Fn::Join': ['', Match.arrayWith(['s3://'])] } } },
      EphemeralStorage: { Size: 512 },
      Code: { ZipFile: Match.anyValue() },
    });
    const reads = grantedActions(stack).filter((action) => action.startsWith('s3:'));
    expect(reads).toEqual([expect.stringMatching(/^s3:GetObject on .*\/models\/large\/[0-9a-f]{64}\/\*$/)]);
  });

  test('from S3 with room for it on the disk', () => {
    make({ model: modelOf(3 * GIB) })
      .template()
      .hasResourceProperties('AWS::Lambda::Function', { EphemeralStorage: { Size: Math.ceil(3 * GIB * 1.1) } });
  });

  test('from a prefix of a bucket, and reads nothing else of it', () => {
    const { stack, template } = make((stack) => ({ modelData: inBucket(stack) }));
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { MODELSHIP_MODEL: 's3://mine/iris/1/' } },
    });
    expect(grantedActions(stack).filter((action) => action.startsWith('s3:'))).toEqual([
      's3:GetObject on arn:{AWS::Partition}:s3:::mine/iris/1/*',
    ]);
  });

  test('from an encrypted bucket, whose key it may use', () => {
    const { stack } = make((stack) => ({
      modelData: ServerlessModelData.fromBucket(
        new Bucket(stack, 'Models', { encryptionKey: new Key(stack, 'Key') }),
        'iris/1/',
      ),
    }));
    expect(grantedActions(stack).filter((action) => action.startsWith('kms:'))).toEqual([
      expect.stringMatching(/^kms:Decrypt on \{Key/),
    ]);
  });

  test('from a file system that it can only read', () => {
    const { stack, template } = make(mounted);
    template().hasResourceProperties('AWS::Lambda::Function', {
      FileSystemConfigs: [{ LocalMountPath: '/mnt/models', Arn: Match.anyValue() }],
      Environment: { Variables: { MODELSHIP_MODEL: '/mnt/models/iris/1' } },
    });
    expect(grantedActions(stack).filter((action) => action.startsWith('elasticfilesystem:'))).toEqual([
      expect.stringMatching(/^elasticfilesystem:ClientMount on \{Files.*\.Arn\} if$/),
    ]);
    template().hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, ToPort: 2049 });
  });

  test('from S3 Files, through the file system alone, which it can only read', () => {
    const { stack, template } = make(inS3Files);
    const functions = Object.values(template().findResources('AWS::Lambda::Function'));
    expect(functions).toHaveLength(1);
    expect(functions[0]).toMatchObject({
      Properties: {
        FileSystemConfigs: [
          {
            LocalMountPath: '/mnt/models',
            Arn: { 'Fn::GetAtt': ['AccessPoint', 'AccessPointArn'] },
            S3FilesConfig: { DirectS3Read: 'DISABLED' },
          },
        ],
        Environment: { Variables: { MODELSHIP_MODEL: '/mnt/models/iris/1', MODELSHIP_MODEL_DIGEST: model.digest } },
      },
      DependsOn: expect.arrayContaining(['MountTarget0', 'MountTarget1']),
    });
    expect(s3FilesGrants(stack)).toEqual([
      's3files:ClientMount on {AccessPoint.AccessPointArn}',
      's3files:ClientMount on {part 0 of {AccessPoint.AccessPointArn}} if',
    ]);
    expect(grantedActions(stack).filter((action) => action.startsWith('s3:Get'))).toEqual([]);
  });

  test('from S3 Files, whose mount targets let it in at the port of NFS', () => {
    make(inS3Files)
      .template()
      .hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
        GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FilesSecurityGroup'), 'GroupId'] },
        SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisSecurityGroup'), 'GroupId'] },
        FromPort: 2049,
        ToPort: 2049,
      });
  });

  test('from S3 behind S3 Files, and no other keys of the bucket', () => {
    const { stack, template } = make((stack) => inS3Files(stack, 'iris/1', 'models/iris/1/'));
    template().hasResourceProperties('AWS::Lambda::Function', {
      FileSystemConfigs: [Match.objectLike({ S3FilesConfig: { DirectS3Read: 'ENABLED' } })],
    });
    expect(grantedActions(stack).filter((action) => action.startsWith('s3:Get'))).toEqual([
      's3:GetObject on arn:{AWS::Partition}:s3:::models-of-mine/models/iris/1/*',
      's3:GetObjectVersion on arn:{AWS::Partition}:s3:::models-of-mine/models/iris/1/*',
    ]);
  });

  test('from S3 behind S3 Files with the key of an encrypted bucket', () => {
    const { stack } = make((stack) => {
      const vpc = new Vpc(stack, 'Vpc');
      const { accessPoint } = s3Files(stack, vpc);
      const bucket = new Bucket(stack, 'Encrypted', { encryptionKey: new Key(stack, 'Key') });
      const modelData = ServerlessModelData.fromS3Files(accessPoint, 'iris/1', { bucket, prefix: 'iris/1/' });
      return { vpc, modelData };
    });
    expect(grantedActions(stack).filter((action) => action.startsWith('kms:'))).toEqual([
      expect.stringMatching(/^kms:Decrypt on \{Key/),
    ]);
  });

  test('from one access point, as others do', () => {
    const { stack, template } = make(inS3Files);
    const vpc = stack.node.findChild('Vpc') as Vpc;
    const accessPoint = stack.node.findChild('AccessPoint') as CfnAccessPoint;
    new ServerlessModel(stack, 'Other', {
      model,
      vpc,
      modelData: ServerlessModelData.fromS3Files(accessPoint, 'iris/2'),
    });
    template().resourceCountIs('AWS::EC2::SecurityGroupIngress', 2);
  });

  test('from an access point of another app, whose security groups are that app’s to open', () => {
    const { stack, template } = make((stack) => ({
      vpc: new Vpc(stack, 'Vpc'),
      modelData: ServerlessModelData.fromS3Files(new ForeignAccessPoint(stack, 'Foreign'), 'iris/1'),
    }));
    const { fileSystemArn } = ForeignAccessPoint;
    expect(s3FilesGrants(stack)).toEqual([
      `s3files:ClientMount on ${fileSystemArn} if`,
      `s3files:ClientMount on ${fileSystemArn}/access-point/fsap-0123456789abcdef1`,
    ]);
    template().resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });
});

describe('ServerlessModel of a format that needs Python', () => {
  test('is an image, which has the model in it and Python', () => {
    const template = make({ model: pickled }).template();
    template.hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Code: { ImageUri: Match.anyValue() },
      ImageConfig: { Command: ['streamingHandler'] },
      Architectures: ['arm64'],
      Runtime: Match.absent(),
      Handler: Match.absent(),
      Layers: Match.absent(),
      Environment: { Variables: { MODELSHIP_MODEL: '/opt/ml/model', MODELSHIP_MODEL_DIGEST: pickled.digest } },
    });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });

  test('answers in one piece behind an HTTP API', () => {
    make({ model: pickled, front: ServerlessFront.httpApi() })
      .template()
      .hasResourceProperties('AWS::Lambda::Function', { ImageConfig: { Command: ['handler'] } });
  });

  test('is built for the architecture that is asked for', () => {
    make({ model: pickled, architecture: Architecture.X86_64 })
      .template()
      .hasResourceProperties('AWS::Lambda::Function', { PackageType: 'Image', Architectures: ['x86_64'] });
  });

  test('unpickles only what is trusted, and says so to the runtime', () => {
    const trust = (props: Props) =>
      JSON.stringify(make(props).template().findResources('AWS::Lambda::Function')).match(
        /"MODELSHIP_TRUST_PICKLE":"(\w+)"/,
      )?.[1];
    expect(trust({ model: pickled })).toBe('true');
    expect(trust({ model: modelOf(1, { format: 'torchscript' }) })).toBeUndefined();
    expect(trust({})).toBeUndefined();
  });

  test('has tokens checked in the layer of the runtime', () => {
    const template = make({
      model: pickled,
      access: Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] }),
    }).template();
    template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/modelship/authorizer.handler' });
  });
});

test.each([
  [1, 1769],
  [700, 1769],
  [1000, 2256],
  [8000, 10_240],
])('a model of %d MiB has %d MiB of memory unless told otherwise', (size, memory) => {
  make({ model: modelOf(size) })
    .template()
    .hasResourceProperties('AWS::Lambda::Function', { MemorySize: memory });
});

describe('ServerlessModel refuses', () => {
  test.each<[string, Props | ((stack: Stack) => Props), string]>([
    ['a model without room in memory', { model: modelOf(1000), memoryMib: 1024 }, 'memoryMib: TOO_SMALL'],
    ['a model that no function has room for', { model: modelOf(10 * GIB) }, 'model: MODEL_TOO_LARGE'],
    [
      'one that is no better in a file system',
      (stack) => ({ ...mounted(stack), model: modelOf(10 * GIB) }),
      'model: MODEL_TOO_LARGE',
    ],
    [
      'a model without room in an image',
      { model: modelOf(8 * GIB, { format: 'torchscript' }) },
      'model: MODEL_TOO_LARGE',
    ],
    [
      'an image that fetches its model',
      (stack) => ({ model: pickled, modelData: inBucket(stack) }),
      'modelData: UNSUPPORTED_FORMAT',
    ],
    ['a file system out of reach', (stack) => ({ ...mounted(stack), vpc: undefined }), 'vpc: MISSING'],
    [
      'a missing access point',
      (stack) => ({ ...mounted(stack), modelData: ServerlessModelData.fromFileSystem(undefined as never, 'iris/1') }),
      'modelData.accessPoint: MISSING',
    ],
    ['a prefix that is no folder', (stack) => ({ modelData: inBucket(stack, 'iris/1') }), 'modelData.prefix: BAD_TEXT'],
    ['S3 Files out of reach', (stack) => ({ ...inS3Files(stack), vpc: undefined }), 'vpc: MISSING'],
    ['a folder of S3 Files from the root', (stack) => inS3Files(stack, '/iris'), 'modelData.folder: BAD_TEXT'],
    ['keys that begin alike', (stack) => inS3Files(stack, 'iris/1', 'models/iris/1'), 'modelData.prefix: BAD_TEXT'],
    [
      'an image that mounts its model',
      (stack) => ({ ...inS3Files(stack), model: pickled }),
      'modelData: UNSUPPORTED_FORMAT',
    ],
    ['a folder from the root', (stack) => mounted(stack, '/iris'), 'modelData.folder: BAD_TEXT'],
    [
      'another mind about trust',
      { environment: { MODELSHIP_TRUST_PICKLE: 'true' } },
      'environment.MODELSHIP_TRUST_PICKLE: RESERVED_VARIABLE',
    ],
  ])('%s', (_, props, fault) => {
    expect(faults(props)).toEqual([fault]);
  });

  test('a model that is too large, and names what has room for it', () => {
    expect(() => make({ model: modelOf(10 * GIB) })).toThrow(
      /10737418240 bytes.*10240 MiB of memory; use ContainerModel/,
    );
  });

  test('no token', () => {
    expect(faults({ model: modelOf(1000), memoryMib: Lazy.number({ produce: () => 2048 }) })).toEqual([]);
  });
});
