import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/aws-calls.js';
import { shareOf } from '../support/share.js';
import { checkContainers } from './aws-variants/container.js';
import { call, codeDeploy, type Made, variants } from './aws-variants/deployed-variants.js';
import { checkEndpoints } from './aws-variants/endpoint.js';
import { checkServerless } from './aws-variants/serverless.js';
import { STACK_NAMES } from './aws-variants/variants-app.js';

// The real CLI deploys a stack for every variant of every construct to a local AWS endpoint, updates each to a new
// version of its model and other bounds, and destroys them.
const MINUTES = 60_000;

beforeAll(() => variants.start(), 5 * MINUTES);

afterAll(() => variants.stop());

describe('every variant is deployed', () => {
  beforeAll(() => variants.deploy('first'), 5 * MINUTES);

  test(
    'with every resource of its stack',
    async () => {
      for (const stack of variants.stacks) {
        const made = await variants.resources(stack);
        expect(made.map(({ LogicalResourceId }) => LogicalResourceId).sort()).toEqual(variants.logicalIds(stack));
        expect(made.filter(({ PhysicalResourceId }) => !PhysicalResourceId)).toEqual([]);
      }
    },
    2 * MINUTES,
  );

  test('no two watch the same: each alarm is about its own stack', async () => {
    const stackOf = new Map<string, string>();
    for (const stack of variants.stacks) {
      for (const { ResourceType, PhysicalResourceId } of await variants.resources(stack)) {
        if (ResourceType === 'AWS::CloudWatch::Alarm') stackOf.set(PhysicalResourceId, stack);
      }
    }
    const { MetricAlarms } = await call('cloudwatch', 'describe_alarms');
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

  describe('ServerlessModel', checkServerless);
  describe('ContainerModel', checkContainers);
  describe('ManagedEndpointModel and BatchModel', checkEndpoints);
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
    const { Models } = await call('sagemaker', 'list_models');
    expect(Models).toHaveLength(variants.count('AWS::SageMaker::Model'));
    const { EndpointConfigs } = await call('sagemaker', 'list_endpoint_configs');
    expect(EndpointConfigs).toHaveLength(variants.count('AWS::SageMaker::EndpointConfig'));
    const { taskDefinitionArns } = await call('ecs', 'list_task_definitions');
    expect(taskDefinitionArns).toHaveLength(variants.count('AWS::ECS::TaskDefinition'));
  });

  test.each(['canary', 'linear, function URL'])(
    'lets CodeDeploy move the alias to the new version: %s',
    async (variant) => {
      const { of } = await codeDeploy(variant);
      const { deployments } = await call('codedeploy', 'list_deployments', of);
      const [deploymentId, ...others] = deployments;
      expect(others).toEqual([]);
      const { deploymentInfo } = await call('codedeploy', 'get_deployment', { deploymentId });
      const [move] = JSON.parse(deploymentInfo.revision.appSpecContent.content).Resources;
      const { FunctionName } = (await variants.functionOf(variant)).Configuration;
      expect(move[FunctionName].Properties).toMatchObject({ Alias: 'live', CurrentVersion: '1', TargetVersion: '2' });
      const alias = await call('lambda', 'get_alias', { FunctionName, Name: 'live' });
      expect(alias.FunctionVersion).toBe('2');
    },
  );

  test('keeps the version before of a function, for a rollback by hand', async () => {
    const { FunctionName } = (await variants.functionOf('default')).Configuration;
    const { Versions } = await call('lambda', 'list_versions_by_function', { FunctionName });
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
    expect(await call('lambda', 'get_provisioned_concurrency_config', alias)).toMatchObject({
      RequestedProvisionedConcurrentExecutions: 2,
    });
  });

  test('has more instances where their number is fixed', async () => {
    const [{ InitialInstanceCount }] = (await variants.endpointOf('rolling')).config.ProductionVariants;
    expect(InitialInstanceCount).toBe(5);
  });

  test('changes the definitions of batches', async () => {
    const stateMachineArn = await variants.only('batch', 'by a transform job', 'AWS::StepFunctions::StateMachine');
    const { definition } = await call('stepfunctions', 'describe_state_machine', { stateMachineArn });
    const { TimeoutSeconds, States } = JSON.parse(definition);
    expect(TimeoutSeconds).toBe(48 * 3600);
    const { ModelName } = States.Predictions.Parameters;
    expect(await variants.only('batch', 'by a transform job', 'AWS::SageMaker::Model')).toContain(ModelName);
  });
});

describe('an update that AWS refuses in the end is rolled back', () => {
  const stacks = shareOf(STACK_NAMES, 5);

  test.each(stacks)(
    '%s',
    async (stack) => {
      const digests = await variants.digests();
      const [report] = await variants.deployBroken([stack]);
      expect(report).toMatch(/UPDATE_ROLLBACK_COMPLETE/);
      const { Stacks } = await call('cloudformation', 'describe_stacks', { StackName: stack });
      expect(Stacks[0].StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
      const made = await variants.resources(stack);
      expect(made.map(({ LogicalResourceId }) => LogicalResourceId).sort()).toEqual(variants.logicalIds(stack, 'next'));
      expect((await variants.digests()).get(stack)).toBe(digests.get(stack));
    },
    5 * MINUTES,
  );
});

describe('every variant is destroyed', () => {
  beforeAll(() => variants.destroy(), 5 * MINUTES);

  test('with its stack', async () => {
    const { Stacks } = await call('cloudformation', 'describe_stacks');
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
    expect((await call(service, operation, parameters))[key].filter(alive)).toEqual([]);
  });

  test('but for what is kept on purpose', async () => {
    expect([...new Set(variants.retained)].sort()).toEqual([
      // One of each for the account and region, which other stacks may use.
      'AWS::ApiGateway::Account ModelshipApiLogRole',
      // The variants' own.
      'AWS::EFS::FileSystem Files',
      'AWS::IAM::Role ModelshipApiLogRole',
      'AWS::KMS::Key GateKey',
      'AWS::KMS::Key Key',
      // Versions of other functions may use it.
      'AWS::Lambda::LayerVersion ModelshipRuntimearm64',
      // Goes with its function.
      'AWS::Lambda::Version IrisCurrentVersion',
      'AWS::Logs::LogGroup FlowLogs',
      // So that the log of a failed first deployment can be read.
      'AWS::Logs::LogGroup IrisLogs',
      'AWS::Logs::LogGroup IrisTaskLogs',
      'AWS::Logs::LogGroup VpcFlowLogGroup',
      'AWS::S3::Bucket Bucket',
      'AWS::S3::Bucket Input',
      // Who asked what is told for as long as was said, after the service too.
      'AWS::S3::Bucket IrisLoadBalancerAccessLogs',
      'AWS::S3::Bucket Output',
    ]);
    const kept = (type: string) => variants.retained.filter((each) => each.startsWith(`${type} `)).length;
    const { Buckets } = await call('s3', 'list_buckets');
    expect(Buckets.filter(({ Name }: Answer) => !Name.startsWith('cdk-'))).toHaveLength(kept('AWS::S3::Bucket'));
    const { Roles } = await call('iam', 'list_roles');
    expect(Roles.filter(({ RoleName }: Answer) => !RoleName.startsWith('cdk-'))).toHaveLength(kept('AWS::IAM::Role'));
    const { logGroups } = await call('logs', 'describe_log_groups');
    expect(logGroups).toHaveLength(kept('AWS::Logs::LogGroup'));
    const { FileSystems } = await call('efs', 'describe_file_systems');
    expect(FileSystems).toHaveLength(kept('AWS::EFS::FileSystem'));
    const { Layers } = await call('lambda', 'list_layers');
    expect(Layers).toHaveLength(kept('AWS::Lambda::LayerVersion'));
  });
});
