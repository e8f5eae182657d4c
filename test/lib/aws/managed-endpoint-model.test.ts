import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret as SmSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test, vi } from 'vitest';
import { CaptureContent, EndpointMode, EndpointModelData, ManagedEndpointModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writeTextPackage } from '../../support/text-package.js';
import { grantedActions } from './granted-actions.js';
import { faults, make, only, type Props } from './managed-endpoint-support.js';
import { minimal, model, savedModel, secondModel } from './managed-endpoint-variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

describe('ManagedEndpointModel', () => {
  test('serves the archive of the package, and only what has its digest', () => {
    const properties = only(make().template(), 'AWS::SageMaker::Model');
    expect(properties.PrimaryContainer.Environment).toEqual({
      MODELSHIP_MODEL: '/opt/ml/model',
      MODELSHIP_MODEL_DIGEST: model.digest,
      MODELSHIP_TIMEOUT_SECONDS: '60',
    });
    expect(JSON.stringify(properties.PrimaryContainer.ModelDataUrl)).toMatch(/\.tar\.gz/);
    expect(properties.EnableNetworkIsolation).toBe(true);
  });

  test('runs one instance by default, and waits for a start as long as the runtime may take', () => {
    const { ProductionVariants: variants } = only(make().template(), 'AWS::SageMaker::EndpointConfig');
    expect(variants).toEqual([
      {
        VariantName: 'AllTraffic',
        ModelName: { 'Fn::GetAtt': [expect.any(String), 'ModelName'] },
        InstanceType: 'ml.c7g.large',
        InitialInstanceCount: 1,
        InitialVariantWeight: 1,
        ContainerStartupHealthCheckTimeoutInSeconds: 300,
        ModelDataDownloadTimeoutInSeconds: 900,
        RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
      },
    ]);
    make().template().resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  });

  test('waits for a start as long as it is told, and tells the server', () => {
    const template = make({ startupSeconds: 1800 }).template();
    const [variant] = only(template, 'AWS::SageMaker::EndpointConfig').ProductionVariants;
    expect(variant.ContainerStartupHealthCheckTimeoutInSeconds).toBe(1800);
    const { Environment: environment } = only(template, 'AWS::SageMaker::Model').PrimaryContainer;
    expect(environment.MODELSHIP_START_SECONDS).toBe('1800');
  });

  test('names neither model nor configuration, so that an update replaces them without a hand', () => {
    const template = make({ dataCapture: undefined }).template();
    expect(only(template, 'AWS::SageMaker::Model').ModelName).toBeUndefined();
    expect(only(template, 'AWS::SageMaker::EndpointConfig').EndpointConfigName).toBeUndefined();
    const next = make({ model: secondModel }).template();
    expect(only(next, 'AWS::SageMaker::Endpoint').EndpointName).toBe(
      only(template, 'AWS::SageMaker::Endpoint').EndpointName,
    );
  });

  test('scales every variant on requests in flight, between the two bounds', () => {
    const mode = EndpointMode.realTime({
      targetConcurrency: 4,
      variants: [{ name: 'Second', model: secondModel, weight: 0.5, instanceType: 'ml.c6i.large' }],
    });
    const { template, endpoint } = make({ mode, minReplicas: 2, maxReplicas: 6 });
    const targets = Object.values(template().findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
    expect(targets.map(({ Properties }) => Properties)).toMatchObject(
      ['AllTraffic', 'Second'].map((variant) => ({
        MinCapacity: 2,
        MaxCapacity: 6,
        ResourceId: `endpoint/${endpoint.endpointName}/variant/${variant}`,
      })),
    );
    template().allResourcesProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 4,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
        },
      },
    });
    const { ProductionVariants: variants } = only(template(), 'AWS::SageMaker::EndpointConfig');
    expect(variants[1]).toMatchObject({
      VariantName: 'Second',
      InstanceType: 'ml.c6i.large',
      InitialVariantWeight: 0.5,
      InitialInstanceCount: 2,
    });
  });

  test('copies a share of the traffic to a shadow', () => {
    const mode = EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel, samplingPercent: 25 } });
    const { ShadowProductionVariants: shadows } = only(make({ mode }).template(), 'AWS::SageMaker::EndpointConfig');
    expect(shadows).toMatchObject([{ VariantName: 'Shadow', InitialVariantWeight: 0.25, InitialInstanceCount: 1 }]);
  });

  test('serverless: memory, concurrency, nothing warm, and none of what it excludes', () => {
    const template = make({ mode: EndpointMode.serverless() }).template();
    const config = only(template, 'AWS::SageMaker::EndpointConfig');
    expect(config.ProductionVariants[0].ServerlessConfig).toEqual({ MemorySizeInMB: 2048, MaxConcurrency: 20 });
    expect(config.ProductionVariants[0].InstanceType).toBeUndefined();
    expect(config.KmsKeyId).toBeUndefined();
    expect(only(template, 'AWS::SageMaker::Model').EnableNetworkIsolation).toBe(false);
    expect(only(template, 'AWS::SageMaker::Endpoint').RetainAllVariantProperties).toBeUndefined();
  });

  test('serverless: keeps copies warm and scales their number', () => {
    const mode = EndpointMode.serverless({ maxProvisionedConcurrency: 5 });
    const { template } = make({ mode, minReplicas: 2, maxReplicas: 10 });
    const { ProductionVariants: variants } = only(template(), 'AWS::SageMaker::EndpointConfig');
    expect(variants[0].ServerlessConfig).toMatchObject({ MaxConcurrency: 10, ProvisionedConcurrency: 2 });
    template().hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScalableDimension: 'sagemaker:variant:DesiredProvisionedConcurrency',
      MinCapacity: 2,
      MaxCapacity: 5,
    });
  });

  test('asynchronous: scales to zero on the backlog, and wakes on what waits without capacity', () => {
    const { template, endpoint } = make((stack) => ({
      mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }),
    }));
    template().hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 0, MaxCapacity: 1 });
    template().hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        CustomizedMetricSpecification: {
          MetricName: 'ApproximateBacklogSizePerInstance',
          Dimensions: [{ Name: 'EndpointName', Value: endpoint.endpointName }],
        },
      },
    });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'HasBacklogWithoutCapacity',
      AlarmActions: [Match.objectLike({ Ref: Match.stringLikeRegexp('WakePolicy') })],
    });
    expect(endpoint.url).toMatch(/\/async-invocations$/);
  });

  test('inference component: copies and instances both fall to zero, and a failed call wakes them', () => {
    const mode = EndpointMode.inferenceComponents({
      instanceType: 'ml.g5.xlarge',
      memoryMib: 2048,
      cpu: 2,
      gpuCount: 1,
    });
    const { template } = make({ mode, minReplicas: 0, maxReplicas: 3 });
    const config = only(template(), 'AWS::SageMaker::EndpointConfig');
    expect(config.ExecutionRoleArn).toBeDefined();
    expect(config.ProductionVariants[0]).toMatchObject({
      ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 0, MaxInstanceCount: 3 },
      InitialInstanceCount: 1,
    });
    expect(config.ProductionVariants[0].ModelName).toBeUndefined();
    template().hasResourceProperties('AWS::SageMaker::InferenceComponent', {
      Specification: {
        ComputeResourceRequirements: {
          MinMemoryRequiredInMb: 2048,
          NumberOfCpuCoresRequired: 2,
          NumberOfAcceleratorDevicesRequired: 1,
        },
      },
    });
    template().hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
      MinCapacity: 0,
    });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'NoCapacityInvocationFailures' });
  });

  test('captures a share of the traffic under the endpoint’s key', () => {
    const { template, stack } = make((scope) => ({
      encryptionKey: new Key(scope, 'Key'),
      dataCapture: { bucket: new Bucket(scope, 'B'), samplingPercent: 10, content: CaptureContent.input() },
    }));
    const config = only(template(), 'AWS::SageMaker::EndpointConfig');
    const key = stack.resolve((stack.node.findChild('Key') as Key).keyArn);
    expect(config.KmsKeyId).toEqual(key);
    expect(config.DataCaptureConfig).toMatchObject({
      EnableCapture: true,
      InitialSamplingPercentage: 10,
      CaptureOptions: [{ CaptureMode: 'Input' }],
      KmsKeyId: key,
    });
  });

  test('explains predictions from a baseline', () => {
    const { ExplainerConfig: config } = only(
      make({ explanations: { baseline: '0,0,0,0', seed: 7, probabilityIndex: 1 } }).template(),
      'AWS::SageMaker::EndpointConfig',
    );
    expect(config.ClarifyExplainerConfig).toMatchObject({
      ShapConfig: { ShapBaselineConfig: { MimeType: 'text/csv', ShapBaseline: '0,0,0,0' }, Seed: 7 },
      InferenceConfig: { ProbabilityIndex: 1 },
    });
  });

  test('takes the files as they lie under a prefix, or many models, of which the caller names one', () => {
    const prefix = make((stack) => ({ modelData: EndpointModelData.fromBucket(new Bucket(stack, 'B'), 'iris/1/') }));
    const container = only(prefix.template(), 'AWS::SageMaker::Model').PrimaryContainer;
    expect(container.ModelDataSource.S3DataSource).toMatchObject({ S3DataType: 'S3Prefix', CompressionType: 'None' });
    expect(JSON.stringify(container.ModelDataSource.S3DataSource.S3Uri)).toContain('/iris/1/"');
    const many = make((stack) => ({ modelData: EndpointModelData.multiModel(new Bucket(stack, 'B'), 'models/') }));
    const multi = only(many.template(), 'AWS::SageMaker::Model').PrimaryContainer;
    expect(multi.Mode).toBe('MultiModel');
    expect(multi.Environment).toEqual({ MODELSHIP_TIMEOUT_SECONDS: '60' });
  });

  test('joins a VPC with a security group that lets nothing in', () => {
    const { template } = make((stack) => ({ vpc: new Vpc(stack, 'Vpc') }));
    const properties = only(template(), 'AWS::SageMaker::Model');
    expect(properties.VpcConfig.Subnets).toHaveLength(2);
    expect(properties.EnableNetworkIsolation).toBe(false);
    expect(only(template(), 'AWS::EC2::SecurityGroup').SecurityGroupIngress).toBeUndefined();
  });

  test('lets a role invoke this endpoint and nothing else', () => {
    const { endpoint, stack, template } = make();
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    endpoint.grantInvoke(role);
    template().hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(role.roleName)],
      PolicyDocument: {
        Statement: [
          { Action: 'sagemaker:InvokeEndpoint', Effect: 'Allow', Resource: stack.resolve(endpoint.endpointArn) },
        ],
      },
    });
  });

  describe('lets a caller of an asynchronous endpoint put requests and read answers', () => {
    const granted = (props: Props) => {
      const { endpoint, stack } = make(props);
      const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      endpoint.grantInvoke(role);
      return grantedActions(stack, 'Caller');
    };
    const encrypted = (stack: Stack, id: string) =>
      new Bucket(stack, id, { encryption: BucketEncryption.KMS, encryptionKey: new Key(stack, `${id}Key`) });
    const keyActions = (granted: string[], key: string) =>
      granted.filter((action) => action.includes(key)).map((action) => action.split(' ')[0]);

    test('and nothing else', () => {
      expect(
        granted((stack) => ({ mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }) })),
      ).toEqual([
        's3:GetObject on {B08E7C7AF.Arn}/async/input/*',
        's3:GetObject on {B08E7C7AF.Arn}/async/output/*',
        's3:PutObject on {B08E7C7AF.Arn}/async/input/*',
        expect.stringMatching(/^sagemaker:InvokeEndpointAsync on /),
      ]);
    });

    test('with the keys of the buckets', () => {
      const actions = granted((stack) => ({
        mode: EndpointMode.asynchronous({
          inputBucket: encrypted(stack, 'Input'),
          outputBucket: encrypted(stack, 'Output'),
        }),
      }));
      expect(keyActions(actions, 'InputKey')).toEqual(
        expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*']),
      );
      expect(keyActions(actions, 'OutputKey')).toEqual(['kms:Decrypt']);
    });

    test('with the endpoint’s key, if answers are written with that', () => {
      const actions = granted((stack) => ({
        encryptionKey: new Key(stack, 'Mine'),
        mode: EndpointMode.asynchronous({
          inputBucket: new Bucket(stack, 'Input'),
          outputBucket: encrypted(stack, 'Output'),
        }),
      }));
      expect(keyActions(actions, 'Mine')).toEqual(['kms:Decrypt']);
      expect(keyActions(actions, 'OutputKey')).toEqual([]);
    });
  });

  test('may read the weights that a server fetches from S3, and nothing beside them', () => {
    const { stack } = make({
      image: undefined,
      server: ModelServer.vllm({
        source: 's3://weights/qwen',
        image: '763104351884.dkr.ecr.eu-west-1.amazonaws.com/vllm:0.11-gpu',
      }),
      mode: EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' }),
    });
    expect(grantedActions(stack).filter((action) => action.startsWith('s3:'))).toEqual([
      's3:GetObject on arn:{AWS::Partition}:s3:::weights/qwen/*',
      's3:ListBucket on arn:{AWS::Partition}:s3:::weights if',
    ]);
  });

  test('keeps logs for 90 days by default, under the name SageMaker writes to', () => {
    const { template, endpoint } = make();
    template().hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/sagemaker/Endpoints/${endpoint.endpointName}`,
      RetentionInDays: 90,
    });
  });

  test('runs other servers with what their images for SageMaker read', () => {
    const image = '763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.19.0-cpu';
    const server = ModelServer.tensorflowServing({ image });
    const container = only(
      make({ model: savedModel, server, image: undefined }).template(),
      'AWS::SageMaker::Model',
    ).PrimaryContainer;
    expect(container.Image).toBe(image);
    expect(container.Environment).toEqual({ SAGEMAKER_TFS_DEFAULT_MODEL_NAME: 'iris' });
  });
});

test('variants whose tasks need other packages have images of their own', () => {
  const text = Model.fromDirectory(writeTextPackage());
  const mode = EndpointMode.realTime({
    variants: [
      { name: 'Second', model: secondModel },
      { name: 'Text', model: text },
    ],
  });
  const models = make({ image: undefined, mode }).template().findResources('AWS::SageMaker::Model');
  const images = Object.values(models).map(({ Properties }) => JSON.stringify(Properties.PrimaryContainer.Image));
  expect(new Set(images).size).toBe(2);
});

test('the list of secrets is one of the variables that SageMaker allows, where there are secrets', () => {
  const variables = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`VARIABLE_${index}`, 'x']));
  const most = (more: Props = {}) => {
    const given = (stack: Stack, count: number) => ({
      ...(typeof more === 'function' ? more(stack) : more),
      environment: variables(count),
    });
    let count = 100;
    while (faults((stack) => given(stack, count)).length > 0) count--;
    return count;
  };
  const secrets = (stack: Stack) => ({ secrets: { TOKEN: Secret.fromSecretsManager(new SmSecret(stack, 'Token')) } });
  // SageMaker allows 100, of which the construct sets eight.
  expect(most()).toBe(92);
  expect(most(secrets)).toBe(91);
});

describe('ManagedEndpointModel refuses', () => {
  test.each<[string, Props, string[]]>([
    ['access other than IAM', { access: Access.apiKey() }, ['access: UNSUPPORTED']],
    ['throttling', { throttle: { requestsPerSecond: 1 } }, ['throttle: UNSUPPORTED']],
    ['no instance at all in real time', { minReplicas: 0 }, ['minReplicas: OUT_OF_RANGE']],
    ['more at least than at most', { minReplicas: 3, maxReplicas: 2 }, ['minReplicas: MIN_OVER_MAX']],
    ['a time limit beyond 60 s', { timeoutSeconds: 61 }, ['timeoutSeconds: OUT_OF_RANGE']],
    [
      'a canary beyond half',
      { rollout: Rollout.canary({ percent: 51, bakeMinutes: 1 }) },
      ['rollout.percent: OUT_OF_RANGE'],
    ],
    [
      'a linear step below 10 %',
      { rollout: Rollout.linear({ stepPercent: 5, intervalMinutes: 90 }) },
      ['rollout.stepPercent: OUT_OF_RANGE', 'rollout.intervalMinutes: OUT_OF_RANGE'],
    ],
    [
      'rolling and canary at once',
      { rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }), rollingUpdate: { batchPercent: 10 } },
      ['rollingUpdate: CONFLICT'],
    ],
    [
      'rolling a serverless endpoint',
      { mode: EndpointMode.serverless(), rollingUpdate: { batchPercent: 10 } },
      ['rollingUpdate: UNSUPPORTED'],
    ],
    [
      'a canary of inference components',
      { mode: EndpointMode.inferenceComponents(), rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }) },
      ['rollout: UNSUPPORTED'],
    ],
    [
      'serverless memory that does not exist',
      { mode: EndpointMode.serverless({ memoryMib: 1500 }) },
      ['mode.memoryMib: OUT_OF_RANGE'],
    ],
    [
      'serverless in a VPC with data capture',
      (stack) => ({
        mode: EndpointMode.serverless(),
        vpc: new Vpc(stack, 'Vpc'),
        dataCapture: { bucket: new Bucket(stack, 'B') },
      }),
      ['vpc: UNSUPPORTED_MODE', 'dataCapture: UNSUPPORTED_MODE'],
    ],
    [
      'serverless with many models',
      (stack) => ({
        mode: EndpointMode.serverless(),
        modelData: EndpointModelData.multiModel(new Bucket(stack, 'B'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'provisioned concurrency that scales from zero',
      { mode: EndpointMode.serverless({ maxProvisionedConcurrency: 2 }) },
      ['mode.maxProvisionedConcurrency: MISSING'],
    ],
    [
      'a GPU server on a serverless endpoint',
      { mode: EndpointMode.serverless(), image: undefined, server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }) },
      ['mode: NO_GPU'],
    ],
    [
      'a GPU server on instances without one',
      {
        image: undefined,
        server: ModelServer.vllm({
          source: 'Qwen/Qwen3-0.6B',
          image: '763104351884.dkr.ecr.eu-west-1.amazonaws.com/vllm:0.11-gpu',
        }),
      },
      ['mode: NO_GPU'],
    ],
    [
      'GPUs for copies on instances without one',
      { mode: EndpointMode.inferenceComponents({ gpuCount: 1 }) },
      ['mode.gpuCount: NO_GPU'],
    ],
    [
      'a server that cannot load the format',
      { server: ModelServer.torchServe() },
      ['server: UNSUPPORTED_SERVER', 'server: UNSUPPORTED_FORMAT', 'image: CONFLICT'],
    ],
    [
      'variants of one name',
      { mode: EndpointMode.realTime({ variants: [{ name: 'AllTraffic', model: secondModel }] }) },
      ['mode.variants: DUPLICATE'],
    ],
    [
      'a shadow beside several variants',
      {
        mode: EndpointMode.realTime({
          variants: [{ name: 'Second', model: secondModel }],
          shadow: { name: 'Shadow', model: secondModel },
        }),
      },
      ['mode.shadow: CONFLICT'],
    ],
    [
      'an instance type of EC2',
      { mode: EndpointMode.realTime({ instanceType: 'c7g.large' }) },
      ['mode.instanceType: BAD_TEXT'],
    ],
    ['subnets without a VPC', { vpcSubnets: {} }, ['vpc: MISSING']],
    [
      'a variable that the construct sets',
      { environment: { MODELSHIP_MODEL: '/x' } },
      ['environment.MODELSHIP_MODEL: RESERVED_VARIABLE'],
    ],
    ['a variable that is too long', { environment: { A: 'x'.repeat(1025) } }, ['environment.A: TOO_LONG']],
    ['an image outside ECR', { image: ImageSource.fromRegistry('ghcr.io/a/b:1') }, ['image: NOT_IN_ECR']],
    ['another server’s image outside ECR', { image: undefined, server: ModelServer.triton() }, ['image: NOT_IN_ECR']],
    ['log retention that CloudWatch does not know', { logRetentionDays: 91 }, ['logRetentionDays: OUT_OF_RANGE']],
    ['a bad endpoint name', { endpointName: 'my_endpoint' }, ['endpointName: BAD_TEXT']],
    ['a misspelt prop', { insatnceType: 'x' } as Props, ['insatnceType: UNKNOWN_PROP']],
    [
      'explanations in a mode that has none',
      { mode: EndpointMode.serverless(), explanations: { baseline: '0' } },
      ['explanations: UNSUPPORTED_MODE'],
    ],
    [
      'explanations that Clarify would not make',
      { explanations: { baseline: '', samples: -1, seed: 1.5, probabilityIndex: -1, when: '', featureHeaders: [] } },
      [
        'explanations.baseline: OUT_OF_RANGE',
        'explanations.when: OUT_OF_RANGE',
        'explanations.samples: OUT_OF_RANGE',
        'explanations.seed: OUT_OF_RANGE',
        'explanations.probabilityIndex: OUT_OF_RANGE',
        'explanations.featureHeaders: OUT_OF_RANGE',
      ],
    ],
    [
      'many models behind a queue',
      (stack) => ({
        mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }),
        modelData: EndpointModelData.multiModel(new Bucket(stack, 'Models'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'many models as one inference component',
      (stack) => ({
        mode: EndpointMode.inferenceComponents(),
        modelData: EndpointModelData.multiModel(new Bucket(stack, 'Models'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'many models with a shadow',
      (stack) => ({
        mode: EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel } }),
        modelData: EndpointModelData.multiModel(new Bucket(stack, 'Models'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'a prefix for a serverless endpoint',
      (stack) => ({
        mode: EndpointMode.serverless(),
        modelData: EndpointModelData.fromBucket(new Bucket(stack, 'Models'), 'models/'),
      }),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'several things at once',
      { timeoutSeconds: 0, endpointName: '-' },
      ['timeoutSeconds: OUT_OF_RANGE', 'endpointName: BAD_TEXT'],
    ],
  ])('%s', (_what, props, expected) => {
    expect(faults(props)).toEqual(expected);
  });

  test('an image in another region, which SageMaker does not pull from', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S', { env: { region: 'us-west-2' } });
    expect(() => new ManagedEndpointModel(stack, 'Iris', minimal)).toThrow(/eu-west-1.*us-west-2.*WRONG_REGION/);
  });

  test('a prefix without a slash at the end', () => {
    expect(() =>
      make((stack) => ({ modelData: EndpointModelData.fromBucket(new Bucket(stack, 'B'), 'models') })),
    ).toThrow(/must end with a slash/);
  });
});
