import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, AwsCalls } from '../support/aws-calls.js';
import { DeployedVariants, type Made } from './aws-variants-support.js';

// The real CLI deploys a stack for every variant of every construct to a local AWS endpoint, updates each to a new
// version of its model and other bounds, and destroys them.
const MINUTES = 60_000;

let variants: DeployedVariants;
let aws: AwsCalls;

beforeAll(async () => {
  variants = await DeployedVariants.start();
  aws = variants.aws;
}, 5 * MINUTES);

afterAll(() => variants?.stop());

/** The one of a serverless variant. */
const restApi = (variant: string) => variants.only('serverless', variant, 'AWS::ApiGateway::RestApi');

/** How each method of a REST API lets callers in. */
async function methods(variant: string): Promise<Answer[]> {
  const { items } = await aws.call('apigateway', 'get_resources', { restApiId: await restApi(variant), limit: 100 });
  return items.flatMap(({ resourceMethods = {} }: Answer) => Object.values(resourceMethods));
}

/** The alarms that are there, of those that have these names. */
async function alarms(names: string[]): Promise<string[]> {
  const { MetricAlarms } = await aws.call('cloudwatch', 'describe_alarms', { AlarmNames: names });
  return MetricAlarms.map(({ AlarmName }: Answer) => AlarmName).sort();
}

async function codeDeploy(variant: string) {
  const [applicationName, deploymentGroupName] = await Promise.all(
    ['Application', 'DeploymentGroup'].map((kind) => variants.only('serverless', variant, `AWS::CodeDeploy::${kind}`)),
  );
  const of = { applicationName, deploymentGroupName };
  const { deploymentGroupInfo: group } = await aws.call('codedeploy', 'get_deployment_group', of);
  return { of, group };
}

describe('every variant is deployed', () => {
  beforeAll(() => variants.deploy('first'), 5 * MINUTES);

  test('with every resource of its stack', async () => {
    for (const stack of variants.stacks) {
      const made = await variants.resources(stack);
      expect(made.map(({ LogicalResourceId }) => LogicalResourceId).sort()).toEqual(variants.logicalIds(stack));
      expect(made.filter(({ PhysicalResourceId }) => !PhysicalResourceId)).toEqual([]);
    }
  });

  test('no two watch the same: each alarm is about its own stack', async () => {
    const stackOf = new Map<string, string>();
    for (const stack of variants.stacks) {
      for (const { ResourceType, PhysicalResourceId } of await variants.resources(stack)) {
        if (ResourceType === 'AWS::CloudWatch::Alarm') stackOf.set(PhysicalResourceId, stack);
      }
    }
    const { MetricAlarms } = await aws.call('cloudwatch', 'describe_alarms');
    // Scaling policies bring alarms of their own.
    const ours = MetricAlarms.filter(({ AlarmName }: Answer) => stackOf.has(AlarmName));
    expect(ours).toHaveLength(stackOf.size);
    const watchers = new Map<string, Set<string>>();
    for (const { AlarmName, Namespace, MetricName, Dimensions, Metrics = [] } of ours) {
      const queried = Metrics.flatMap(({ MetricStat }: Answer) => (MetricStat ? [MetricStat.Metric] : []));
      const watched = MetricName ? [{ Namespace, MetricName, Dimensions }] : queried;
      expect(watched, AlarmName).not.toEqual([]);
      for (const metric of watched) {
        const key = JSON.stringify([metric.Namespace, metric.MetricName, metric.Dimensions]);
        watchers.set(key, (watchers.get(key) ?? new Set()).add(stackOf.get(AlarmName)!));
      }
    }
    expect([...watchers].filter(([, stacks]) => stacks.size > 1)).toEqual([]);
  });

  test('a queue, with its dead letters, calls the function', async () => {
    const queues = await Promise.all(
      (await variants.those('serverless', 'queue', 'AWS::SQS::Queue')).map(async (QueueUrl) => {
        const { Attributes } = await aws.call('sqs', 'get_queue_attributes', { QueueUrl, AttributeNames: ['All'] });
        return Attributes;
      }),
    );
    const [queue] = queues.filter(({ RedrivePolicy }) => RedrivePolicy);
    const [letters] = queues.filter(({ RedrivePolicy }) => !RedrivePolicy);
    expect(JSON.parse(queue.RedrivePolicy)).toEqual({ deadLetterTargetArn: letters.QueueArn, maxReceiveCount: 3 });
    expect(Number(queue.VisibilityTimeout)).toBe(6 * 29);
    const { Configuration } = await variants.functionOf('queue');
    const { EventSourceMappings } = await aws.call('lambda', 'list_event_source_mappings');
    expect(EventSourceMappings).toEqual([
      expect.objectContaining({
        EventSourceArn: queue.QueueArn,
        FunctionArn: expect.stringContaining(Configuration.FunctionArn),
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        State: 'Enabled',
      }),
    ]);
  });

  test('a firewall stands before the stage, and before no other', async () => {
    const stage = (id: string) => ({ ResourceArn: `arn:aws:apigateway:eu-west-1::/restapis/${id}/stages/prod` });
    const firewallOf = async (variant: string) =>
      (await aws.call('wafv2', 'get_web_acl_for_resource', stage(await restApi(variant)))).WebACL;
    expect((await firewallOf('firewall')).Rules.map(({ Name }: Answer) => Name)).toContain('RequestsOfOneAddress');
    expect(await firewallOf('default')).toBeUndefined();
  });

  test.each([
    ['default', { authorizationType: 'AWS_IAM', apiKeyRequired: false }],
    ['keys', { authorizationType: 'NONE', apiKeyRequired: true }],
    ['tokens', { authorizationType: 'CUSTOM', authorizerId: expect.any(String) }],
    ['anonymous', { authorizationType: 'NONE', apiKeyRequired: false }],
  ])('a REST API lets callers in as it should: %s', async (variant, access) => {
    const found = await methods(variant);
    expect(found).toHaveLength(4);
    for (const method of found) expect(method).toMatchObject(access);
  });

  test('a key has its quota', async () => {
    const [usagePlanId, keyId] = await Promise.all(
      ['UsagePlan', 'ApiKey'].map((kind) => variants.only('serverless', 'keys', `AWS::ApiGateway::${kind}`)),
    );
    expect(await aws.call('apigateway', 'get_usage_plan', { usagePlanId })).toMatchObject({
      apiStages: [{ apiId: await restApi('keys'), stage: 'prod' }],
      throttle: { rateLimit: 5, burstLimit: 10 },
      quota: { limit: 1000, period: 'DAY' },
    });
    const { items } = await aws.call('apigateway', 'get_usage_plan_keys', { usagePlanId });
    expect(items.map(({ id }: Answer) => id)).toEqual([keyId]);
  });

  test('an HTTP API asks for tokens of the issuer', async () => {
    const ApiId = await variants.only('serverless', 'HTTP API, tokens', 'AWS::ApiGatewayV2::Api');
    const AuthorizerId = await variants.only('serverless', 'HTTP API, tokens', 'AWS::ApiGatewayV2::Authorizer');
    const authorizer = await aws.call('apigatewayv2', 'get_authorizer', { ApiId, AuthorizerId });
    expect(authorizer.JwtConfiguration).toEqual({ Audience: ['iris'], Issuer: 'https://issuer.example.com' });
    const { Items } = await aws.call('apigatewayv2', 'get_routes', { ApiId });
    expect(Items).toHaveLength(2);
    for (const route of Items) expect(route).toMatchObject({ AuthorizationType: 'JWT', AuthorizerId });
  });

  test.each(['network', 'file system', 'S3 Files'])('a function is in its VPC: %s', async (variant) => {
    const { VpcConfig } = (await variants.functionOf(variant)).Configuration;
    expect(VpcConfig.SubnetIds.sort()).toEqual(
      (await variants.those('serverless', variant, 'AWS::EC2::Subnet')).sort(),
    );
    const groups = await variants.those('serverless', variant, 'AWS::EC2::SecurityGroup');
    expect(groups).toEqual(expect.arrayContaining(VpcConfig.SecurityGroupIds));
  });

  test('a function has the file system that holds its model', async () => {
    const { Configuration } = await variants.functionOf('file system');
    const point = await variants.only('serverless', 'file system', 'AWS::EFS::AccessPoint');
    expect(Configuration.FileSystemConfigs).toEqual([
      { Arn: expect.stringContaining(`:access-point/${point}`), LocalMountPath: '/mnt/models' },
    ]);
    expect(Configuration.Environment.Variables.MODELSHIP_MODEL).toBe('/mnt/models/iris/1');
  });

  test('a function of an image that is in its repository, and one of the layer', async () => {
    const { Code, Configuration } = await variants.functionOf('image');
    expect(Configuration).toMatchObject({ PackageType: 'Image' });
    expect(Code.ImageUri).toContain('cdk-hnb659fds-container-assets-123456789012-eu-west-1:');
    expect((await variants.functionOf('default')).Configuration.Layers).toHaveLength(1);
  });

  test.each([
    ['canary', { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10, canaryInterval: 10 } }],
    ['linear, function URL', { type: 'TimeBasedLinear', timeBasedLinear: { linearPercentage: 20, linearInterval: 5 } }],
  ])('CodeDeploy moves the alias, and alarms take it back: %s', async (variant, trafficRoutingConfig) => {
    const { group } = await codeDeploy(variant);
    const { deploymentConfigName, alarmConfiguration, autoRollbackConfiguration } = group;
    const { deploymentConfigInfo } = await aws.call('codedeploy', 'get_deployment_config', { deploymentConfigName });
    expect(deploymentConfigInfo.trafficRoutingConfig).toEqual(trafficRoutingConfig);
    expect(autoRollbackConfiguration.events).toContain('DEPLOYMENT_STOP_ON_ALARM');
    const watched = alarmConfiguration.alarms.map(({ name }: Answer) => name).sort();
    expect(watched.length).toBeGreaterThan(2);
    expect(await alarms(watched)).toEqual(watched);
  });

  test('a load balancer checks tokens by HTTPS before it forwards', async () => {
    const [listener] = await variants.listenersOf('JWT at the load balancer');
    expect(listener).toMatchObject({ port: 443, protocol: 'HTTPS' });
    const [check, forward] = listener.actions;
    expect(check).toMatchObject({
      Type: 'jwt-validation',
      JwtValidationConfig: {
        Issuer: 'https://login.example.com/',
        AdditionalClaims: [{ Name: 'aud', Values: ['iris', 'all'] }],
      },
    });
    expect(forward.Type).toBe('forward');
  });

  test.each([
    ['canary', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 10 } }],
    ['linear', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: 2 } }],
    ['blue and green', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 10 }],
  ])('a service has two versions behind two listeners: %s', async (variant, configuration) => {
    const { deploymentConfiguration, loadBalancers } = await variants.serviceOf(variant);
    expect(deploymentConfiguration).toMatchObject(configuration);
    const watched = [...deploymentConfiguration.alarms.alarmNames].sort();
    expect(watched.length).toBeGreaterThan(1);
    expect(await alarms(watched)).toEqual(watched);
    const [{ targetGroupArn, advancedConfiguration }] = loadBalancers;
    const listeners = await variants.listenersOf(variant);
    expect(listeners.map(({ port }) => port).sort()).toEqual([80, 9000]);
    for (const { actions } of listeners) {
      expect(actions.at(-1).ForwardConfig.TargetGroups).toEqual([
        { TargetGroupArn: targetGroupArn, Weight: 100 },
        { TargetGroupArn: advancedConfiguration.alternateTargetGroupArn, Weight: 0 },
      ]);
    }
  });

  test('a VPC that was made has endpoints and no way out, unless one is needed', async () => {
    const network = async (variant: string) => {
      const VpcId = await variants.only('container', variant, 'AWS::EC2::VPC');
      const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
      const { VpcEndpoints } = await aws.call('ec2', 'describe_vpc_endpoints', { Filters });
      return VpcEndpoints.map(({ ServiceName }: Answer) => ServiceName.replace('com.amazonaws.eu-west-1.', '')).sort();
    };
    const gateways = (variant: string) => variants.those('container', variant, 'AWS::EC2::NatGateway');
    expect(await network('network only')).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3']);
    expect(await gateways('network only')).toEqual([]);
    expect(await network('JWT at the load balancer')).toEqual(['s3']);
    expect(await gateways('JWT at the load balancer')).toHaveLength(1);
  });

  test.each(['GPU', 'GPU on instances that ECS manages'])(
    'tasks with GPUs find their instances: %s',
    async (variant) => {
      const { capacityProviderStrategy, clusterArn } = await variants.serviceOf(variant);
      const [{ capacityProvider }] = capacityProviderStrategy;
      const providers = await aws.call('ecs', 'describe_capacity_providers', { capacityProviders: [capacityProvider] });
      const [{ autoScalingGroupProvider, managedInstancesProvider, cluster }] = providers.capacityProviders;
      if (managedInstancesProvider) {
        expect(clusterArn).toContain(cluster);
        const { instanceRequirements } = managedInstancesProvider.instanceLaunchTemplate;
        expect(instanceRequirements).toMatchObject({
          acceleratorManufacturers: ['nvidia'],
          acceleratorCount: { min: 1 },
        });
      } else {
        const group = await variants.only('container', variant, 'AWS::AutoScaling::AutoScalingGroup');
        expect(autoScalingGroupProvider).toMatchObject({
          autoScalingGroupArn: group,
          managedScaling: { status: 'ENABLED' },
        });
        const { clusters } = await aws.call('ecs', 'describe_clusters', { clusters: [clusterArn] });
        expect(clusters[0].capacityProviders).toContain(capacityProvider);
      }
      const [{ resourceRequirements }] = (await variants.taskOf(variant)).containerDefinitions;
      expect(resourceRequirements).toEqual([{ type: 'GPU', value: '1' }]);
    },
  );

  test('a task mounts the file system that holds its model, to be read', async () => {
    const { volumes, containerDefinitions } = await variants.taskOf('model on a file system');
    const [{ efsVolumeConfiguration }] = volumes.filter(({ name }: Answer) => name === 'models');
    expect(efsVolumeConfiguration).toMatchObject({
      fileSystemId: await variants.only('container', 'model on a file system', 'AWS::EFS::FileSystem'),
      transitEncryption: 'ENABLED',
      authorizationConfig: { iam: 'ENABLED' },
    });
    expect(containerDefinitions[0].mountPoints).toContainEqual({
      sourceVolume: 'models',
      containerPath: '/mnt/models',
      readOnly: true,
    });
  });

  test('a service is found by Service Connect', async () => {
    const { deployments } = await variants.serviceOf('Service Connect in a cluster that is there');
    expect(deployments[0].serviceConnectConfiguration).toMatchObject({
      enabled: true,
      namespace: 'models.local',
      services: [{ portName: 'http', discoveryName: 'iris' }],
    });
  });

  test('an endpoint has its variants, and its shadow', async () => {
    const weights = (variants: Answer[] = []) =>
      Object.fromEntries(variants.map(({ VariantName, InitialVariantWeight }) => [VariantName, InitialVariantWeight]));
    const several = await variants.endpointOf('several variants that scale');
    expect(weights(several.config.ProductionVariants)).toEqual({ AllTraffic: 1, Second: 0.2 });
    const { config } = await variants.endpointOf('shadow');
    expect(weights(config.ProductionVariants)).toEqual({ AllTraffic: 1 });
    expect(weights(config.ShadowProductionVariants)).toEqual({ Shadow: 1 });
  });

  test.each([
    ['canary', { TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 600 } }],
    ['linear', { TrafficRoutingConfiguration: { Type: 'LINEAR', WaitIntervalInSeconds: 300 } }],
    ['real time', { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE' } }],
  ])('alarms take a deployment of an endpoint back: %s', async (variant, policy) => {
    const { BlueGreenUpdatePolicy, AutoRollbackConfiguration } = (await variants.endpointOf(variant)).endpoint
      .LastDeploymentConfig;
    expect(BlueGreenUpdatePolicy).toMatchObject(policy);
    const watched = AutoRollbackConfiguration.Alarms.map(({ AlarmName }: Answer) => AlarmName).sort();
    expect(watched.length).toBeGreaterThan(0);
    expect(await alarms(watched)).toEqual(watched);
  });

  test('an asynchronous endpoint tells topics, and scales to zero', async () => {
    const { config } = await variants.endpointOf('asynchronous');
    const topics = await variants.those('endpoint', 'asynchronous', 'AWS::SNS::Topic');
    const { SuccessTopic, ErrorTopic } = config.AsyncInferenceConfig.OutputConfig.NotificationConfig;
    expect([SuccessTopic, ErrorTopic].sort()).toEqual(topics.sort());
    expect(await variants.bounds('endpoint', 'asynchronous')).toEqual([[0, 3]]);
  });

  test('an endpoint captures, explains and encrypts', async () => {
    const { config } = await variants.endpointOf('captured, explained and encrypted');
    const key = await variants.only('endpoint', 'captured, explained and encrypted', 'AWS::KMS::Key');
    expect(config.KmsKeyId).toContain(key);
    expect(config.DataCaptureConfig).toMatchObject({ EnableCapture: true, InitialSamplingPercentage: 20 });
    expect(config.ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaseline).toBe('0,0,0,0');
  });

  test.each([
    ['many models', { PrimaryContainer: { Mode: 'MultiModel' } }],
    ['in a VPC', { EnableNetworkIsolation: false, VpcConfig: { Subnets: expect.any(Array) } }],
    ['real time', { EnableNetworkIsolation: true }],
  ])('SageMaker has the model: %s', async (variant, expected) => {
    const [{ ModelName }] = (await variants.endpointOf(variant)).config.ProductionVariants;
    expect(await aws.call('sagemaker', 'describe_model', { ModelName })).toMatchObject(expected);
  });

  test('a serverless endpoint has memory and concurrency, and no instances', async () => {
    const { config } = await variants.endpointOf('serverless with provisioned concurrency');
    const [{ ServerlessConfig, InstanceType }] = config.ProductionVariants;
    expect(ServerlessConfig).toEqual({ MemorySizeInMB: 4096, MaxConcurrency: 10, ProvisionedConcurrency: 1 });
    expect(InstanceType).toBeUndefined();
  });

  test('batches have their state machines, and a model where SageMaker runs them', async () => {
    const definition = async (variant: string) => {
      const stateMachineArn = await variants.only('batch', variant, 'AWS::StepFunctions::StateMachine');
      return JSON.parse((await aws.call('stepfunctions', 'describe_state_machine', { stateMachineArn })).definition);
    };
    for (const variant of ['by a function behind a REST API', 'by a service on ECS']) {
      expect((await definition(variant)).States.Predictions.Type).toBe('Map');
    }
    const model = await variants.only('batch', 'by a transform job', 'AWS::SageMaker::Model');
    const { Parameters } = (await definition('by a transform job')).States.Predictions;
    expect(model).toContain(Parameters.ModelName);
  });
});

describe('every variant is updated to a new version of its model, and other bounds', () => {
  /** What is never changed, only replaced. */
  const REPLACED = ['AWS::ECS::TaskDefinition', 'AWS::SageMaker::EndpointConfig', 'AWS::SageMaker::Model'];
  const before = new Map<string, Made[]>();
  let digests: Map<string, string>;

  beforeAll(async () => {
    for (const stack of variants.stacks) before.set(stack, await variants.resources(stack));
    digests = await variants.digests();
    await variants.deploy('next');
  }, 5 * MINUTES);

  test('serves the new version everywhere', async () => {
    const after = await variants.digests();
    expect([...after.keys()]).toEqual([...digests.keys()]);
    expect([...after].filter(([variant, digest]) => digests.get(variant) === digest)).toEqual([]);
  });

  test('keeps everything but what is never changed', async () => {
    const replaced = new Set<string>();
    for (const stack of variants.stacks) {
      const was = new Map(before.get(stack)!.map((made) => [made.LogicalResourceId, made.PhysicalResourceId]));
      for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of await variants.resources(stack)) {
        const old = was.get(LogicalResourceId);
        if (old !== undefined && old !== PhysicalResourceId) replaced.add(ResourceType);
      }
    }
    expect([...replaced].sort()).toEqual(REPLACED);
  });

  test('leaves no model and no configuration of before', async () => {
    const { Models } = await aws.call('sagemaker', 'list_models');
    expect(Models).toHaveLength(variants.count('AWS::SageMaker::Model'));
    const { EndpointConfigs } = await aws.call('sagemaker', 'list_endpoint_configs');
    expect(EndpointConfigs).toHaveLength(variants.count('AWS::SageMaker::EndpointConfig'));
    const { taskDefinitionArns } = await aws.call('ecs', 'list_task_definitions');
    expect(taskDefinitionArns).toHaveLength(variants.count('AWS::ECS::TaskDefinition'));
  });

  test.each(['canary', 'linear, function URL'])(
    'lets CodeDeploy move the alias to the new version: %s',
    async (variant) => {
      const { of } = await codeDeploy(variant);
      const { deployments } = await aws.call('codedeploy', 'list_deployments', of);
      const [deploymentId, ...others] = deployments;
      expect(others).toEqual([]);
      const { deploymentInfo } = await aws.call('codedeploy', 'get_deployment', { deploymentId });
      const [move] = JSON.parse(deploymentInfo.revision.appSpecContent.content).Resources;
      const { FunctionName } = (await variants.functionOf(variant)).Configuration;
      expect(move[FunctionName].Properties).toMatchObject({ Alias: 'live', CurrentVersion: '1', TargetVersion: '2' });
      const alias = await aws.call('lambda', 'get_alias', { FunctionName, Name: 'live' });
      expect(alias.FunctionVersion).toBe('2');
    },
  );

  test('keeps the version before of a function, for a rollback by hand', async () => {
    const { FunctionName } = (await variants.functionOf('default')).Configuration;
    const { Versions } = await aws.call('lambda', 'list_versions_by_function', { FunctionName });
    expect(Versions.map(({ Version }: Answer) => Version)).toEqual(['$LATEST', '1', '2']);
  });

  test.each<['container' | 'endpoint', string, [number, number][]]>([
    ['container', 'network only', [[1, 8]]],
    // It was fixed.
    ['container', 'Fargate Spot on x86, a fixed number', [[3, 4]]],
    ['container', 'canary', [[1, 8]]],
    [
      'endpoint',
      'several variants that scale',
      [
        [1, 8],
        [1, 8],
      ],
    ],
    ['endpoint', 'serverless with provisioned concurrency', [[2, 5]]],
    ['endpoint', 'asynchronous', [[0, 6]]],
    ['endpoint', 'inference component that scales to zero', [[0, 4]]],
    ['endpoint', 'inference components on GPUs, replaced in batches', [[3, 16]]],
  ])('scales between other bounds: %s, %s', async (construct, variant, expected) => {
    expect(await variants.bounds(construct, variant)).toEqual(expected);
  });

  test('keeps more of a function warm, and reserves more of it', async () => {
    const { Concurrency, Configuration } = await variants.functionOf('warm, bounded and encrypted');
    expect(Concurrency).toEqual({ ReservedConcurrentExecutions: 8 });
    const alias = { FunctionName: Configuration.FunctionName, Qualifier: 'live' };
    expect(await aws.call('lambda', 'get_provisioned_concurrency_config', alias)).toMatchObject({
      RequestedProvisionedConcurrentExecutions: 2,
    });
  });

  test('has more instances where their number is fixed', async () => {
    const [{ InitialInstanceCount }] = (await variants.endpointOf('rolling')).config.ProductionVariants;
    expect(InitialInstanceCount).toBe(5);
  });

  test('changes the definitions of batches', async () => {
    const stateMachineArn = await variants.only('batch', 'by a transform job', 'AWS::StepFunctions::StateMachine');
    const { definition } = await aws.call('stepfunctions', 'describe_state_machine', { stateMachineArn });
    const { TimeoutSeconds, States } = JSON.parse(definition);
    expect(TimeoutSeconds).toBe(48 * 3600);
    const { ModelName } = States.Predictions.Parameters;
    expect(await variants.only('batch', 'by a transform job', 'AWS::SageMaker::Model')).toContain(ModelName);
  });
});

describe('every variant is destroyed', () => {
  beforeAll(() => variants.destroy(), 5 * MINUTES);

  test('with its stack', async () => {
    const { Stacks } = await aws.call('cloudformation', 'describe_stacks');
    expect(Stacks.map(({ StackName }: Answer) => StackName)).toEqual(['CDKToolkit']);
  });

  /** Whether a resource is there still, of those that AWS lists for a while after. */
  const alive = ({ State, status }: Answer) => ![State, status].some((is) => /deleted|INACTIVE/.test(is ?? ''));

  test.each<[service: string, operation: string, key: string, parameters?: object]>([
    ['lambda', 'list_functions', 'Functions'],
    ['lambda', 'list_event_source_mappings', 'EventSourceMappings'],
    ['apigateway', 'get_rest_apis', 'items'],
    ['apigateway', 'get_api_keys', 'items'],
    ['apigateway', 'get_usage_plans', 'items'],
    ['apigatewayv2', 'get_apis', 'Items'],
    ['apigatewayv2', 'get_vpc_links', 'Items'],
    ['wafv2', 'list_web_acls', 'WebACLs', { Scope: 'REGIONAL' }],
    ['codedeploy', 'list_applications', 'applications'],
    ['codedeploy', 'list_deployment_configs', 'deploymentConfigsList'],
    ['ecs', 'list_task_definitions', 'taskDefinitionArns'],
    ['elbv2', 'describe_load_balancers', 'LoadBalancers'],
    ['elbv2', 'describe_target_groups', 'TargetGroups'],
    ['autoscaling', 'describe_auto_scaling_groups', 'AutoScalingGroups'],
    ['application-autoscaling', 'describe_scalable_targets', 'ScalableTargets', { ServiceNamespace: 'ecs' }],
    ['application-autoscaling', 'describe_scalable_targets', 'ScalableTargets', { ServiceNamespace: 'sagemaker' }],
    ['sagemaker', 'list_endpoints', 'Endpoints'],
    ['sagemaker', 'list_endpoint_configs', 'EndpointConfigs'],
    ['sagemaker', 'list_models', 'Models'],
    ['sagemaker', 'list_inference_components', 'InferenceComponents'],
    ['stepfunctions', 'list_state_machines', 'stateMachines'],
    ['cloudwatch', 'describe_alarms', 'MetricAlarms'],
    ['cloudwatch', 'list_dashboards', 'DashboardEntries'],
    ['servicediscovery', 'list_namespaces', 'Namespaces'],
    ['ec2', 'describe_vpcs', 'Vpcs', { Filters: [{ Name: 'is-default', Values: ['false'] }] }],
    ['ec2', 'describe_nat_gateways', 'NatGateways'],
    ['ec2', 'describe_addresses', 'Addresses'],
    ['ec2', 'describe_vpc_endpoints', 'VpcEndpoints'],
    ['ec2', 'describe_flow_logs', 'FlowLogs'],
    ['ec2', 'describe_launch_templates', 'LaunchTemplates'],
    ['iam', 'list_instance_profiles', 'InstanceProfiles'],
  ])('and leaves nothing behind: %s %s', async (service, operation, key, parameters = {}) => {
    expect((await aws.call(service, operation, parameters))[key].filter(alive)).toEqual([]);
  });

  test('but for what is kept on purpose', async () => {
    expect([...new Set(variants.retained)].sort()).toEqual([
      // One of each for the account and region, which other stacks may use.
      'AWS::ApiGateway::Account ModelshipApiLogRole',
      // The variants' own.
      'AWS::EFS::FileSystem Files',
      'AWS::IAM::Role ModelshipApiLogRole',
      'AWS::KMS::Key Key',
      // Versions of other functions may use it.
      'AWS::Lambda::LayerVersion ModelshipRuntimearm64',
      // Goes with its function.
      'AWS::Lambda::Version IrisCurrentVersion',
      'AWS::Logs::LogGroup FlowLogs',
      'AWS::Logs::LogGroup VpcFlowLogGroup',
      'AWS::S3::Bucket Bucket',
      'AWS::S3::Bucket Input',
      // Who asked what is told for as long as was said, after the service too.
      'AWS::S3::Bucket IrisLoadBalancerAccessLogs',
      'AWS::S3::Bucket Output',
    ]);
    const kept = (type: string) => variants.retained.filter((each) => each.startsWith(`${type} `)).length;
    const { Buckets } = await aws.call('s3', 'list_buckets');
    expect(Buckets.filter(({ Name }: Answer) => !Name.startsWith('cdk-'))).toHaveLength(kept('AWS::S3::Bucket'));
    const { Roles } = await aws.call('iam', 'list_roles');
    expect(Roles.filter(({ RoleName }: Answer) => !RoleName.startsWith('cdk-'))).toHaveLength(kept('AWS::IAM::Role'));
    const { logGroups } = await aws.call('logs', 'describe_log_groups');
    expect(logGroups).toHaveLength(kept('AWS::Logs::LogGroup'));
    const { FileSystems } = await aws.call('efs', 'describe_file_systems');
    expect(FileSystems).toHaveLength(kept('AWS::EFS::FileSystem'));
    const { Layers } = await aws.call('lambda', 'list_layers');
    expect(Layers).toHaveLength(kept('AWS::Lambda::LayerVersion'));
  });
});
