import { App, Aws, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import {
  CaptureContent,
  EndpointMode,
  EndpointModelData,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
} from '../../../lib/aws/index.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { faultsOf } from './faults.js';
import { minimal, model, savedModel, secondModel } from './managed-endpoint-variants.js';

type Props = Partial<ManagedEndpointModelProps>;

function make(props: Props | ((stack: Stack) => Props) = {}) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const endpoint = new ManagedEndpointModel(stack, 'Iris', {
    ...minimal,
    ...(typeof props === 'function' ? props(stack) : props),
  });
  return { stack, endpoint, template: () => Template.fromStack(stack) };
}

/** Properties of the only resource of a type. */
function only(template: Template, type: string) {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

/** `prop: CODE` of everything that is wrong. */
function faults(props: Props | ((stack: Stack) => Props)): string[] {
  return faultsOf(() => make(props));
}

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

  test('names neither model nor configuration, so that an update replaces them without a hand', () => {
    const template = make({ dataCapture: undefined }).template();
    expect(only(template, 'AWS::SageMaker::Model').ModelName).toBeUndefined();
    expect(only(template, 'AWS::SageMaker::EndpointConfig').EndpointConfigName).toBeUndefined();
    const next = make({ model: secondModel }).template();
    expect(only(next, 'AWS::SageMaker::Endpoint').EndpointName).toBe(
      only(template, 'AWS::SageMaker::Endpoint').EndpointName,
    );
  });

  test('takes a deployment back on an alarm and keeps what scaling brought', () => {
    const { template, endpoint, stack } = make();
    const properties = only(template(), 'AWS::SageMaker::Endpoint');
    expect(properties.RetainAllVariantProperties).toBe(true);
    expect(properties.DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration).toEqual({
      Type: 'ALL_AT_ONCE',
      WaitIntervalInSeconds: 0,
    });
    expect(properties.DeploymentConfig.AutoRollbackConfiguration.Alarms).toEqual(
      [endpoint.telemetry.errorAlarm, endpoint.telemetry.latencyAlarm].map((alarm) => ({
        AlarmName: stack.resolve(alarm.alarmName),
      })),
    );
  });

  test.each([
    [
      Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 }, WaitIntervalInSeconds: 300 },
    ],
    [
      Rollout.linear({ stepPercent: 25, intervalMinutes: 2 }),
      { Type: 'LINEAR', LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 120 },
    ],
  ])('maps a gradual rollout to the guardrail of that name: %#', (rollout, expected) => {
    const { DeploymentConfig: config } = only(make({ rollout }).template(), 'AWS::SageMaker::Endpoint');
    expect(config.BlueGreenUpdatePolicy.TrafficRoutingConfiguration).toEqual(expected);
  });

  test('rolls in batches instead, with the alarms that were given', () => {
    const { template } = make((stack) => ({
      rollingUpdate: { batchPercent: 20, intervalMinutes: 1 },
      rollbackAlarms: [Alarm.fromAlarmArn(stack, 'A', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mine')],
    }));
    const { DeploymentConfig: config } = only(template(), 'AWS::SageMaker::Endpoint');
    expect(config.BlueGreenUpdatePolicy).toBeUndefined();
    expect(config.RollingUpdatePolicy).toMatchObject({ WaitIntervalInSeconds: 60 });
    expect(config.AutoRollbackConfiguration.Alarms).toEqual([{ AlarmName: 'mine' }]);
  });

  test('scales every variant on requests in flight, between the two bounds', () => {
    const mode = EndpointMode.realTime({
      concurrencyPerInstance: 4,
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

  test('lets a caller of an asynchronous endpoint put requests and read answers', () => {
    const { endpoint, stack, template } = make((scope) => ({
      mode: EndpointMode.asynchronous({ outputBucket: new Bucket(scope, 'B') }),
    }));
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    endpoint.grantInvoke(role);
    const policies = template().findResources('AWS::IAM::Policy', {
      Properties: { Roles: [stack.resolve(role.roleName)] },
    });
    const [policy] = Object.values(policies);
    expect(
      policy!.Properties.PolicyDocument.Statement.map((statement: { Action: unknown }) => statement.Action),
    ).toEqual(['sagemaker:InvokeEndpointAsync', ['s3:PutObject', 's3:GetObject'], 's3:GetObject']);
  });

  test('has a dashboard and alarms on errors, latency and saturation, and may go without the dashboard', () => {
    const template = make({ timeoutSeconds: 10 }).template();
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ModelLatency', Threshold: 8e6 });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 3);
    make({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
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

  test('lets tokens pass every check', () => {
    const token = Lazy.number({ produce: () => 2 });
    expect(faults({ minReplicas: token, maxReplicas: token, endpointName: Aws.STACK_NAME })).toEqual([]);
  });
});

describe('ManagedEndpointModel refuses', () => {
  test.each<[string, Props | ((stack: Stack) => Props), string[]]>([
    ['access other than IAM', { access: Access.apiKey() }, ['access: UNSUPPORTED_ACCESS']],
    ['throttling', { throttle: { requestsPerSecond: 1 } }, ['throttle: UNSUPPORTED_THROTTLE']],
    ['no instance at all in real time', { minReplicas: 0 }, ['minReplicas: OUT_OF_RANGE']],
    ['more at least than at most', { minReplicas: 3, maxReplicas: 2 }, ['maxReplicas: LESS_THAN_MINIMUM']],
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
      ['rollingUpdate: UNSUPPORTED_ROLLOUT'],
    ],
    [
      'a canary of inference components',
      { mode: EndpointMode.inferenceComponents(), rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }) },
      ['rollout: UNSUPPORTED_ROLLOUT'],
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
      ['environment.MODELSHIP_MODEL: RESERVED'],
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
      'several things at once',
      { timeoutSeconds: 0, endpointName: '-' },
      ['endpointName: BAD_TEXT', 'timeoutSeconds: OUT_OF_RANGE'],
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
    ).toThrow(/ends in a slash/);
  });
});
