import { App, CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Cluster, Secret } from 'aws-cdk-lib/aws-ecs';
import { type CfnPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import {
  AwsImage,
  ContainerCapacity,
  ContainerModel,
  ContainerModelData,
  type ContainerModelProps,
} from '../../../lib/aws/index.js';
import { Access, ImageArchitecture, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { certificate, jwt, minimal, VARIANTS } from './container-variants.js';
import { faultsOf } from './faults.js';
import { grantedActions, text } from './granted-actions.js';
import { IMAGE, model, savedModel } from './managed-endpoint-variants.js';
import { s3Files } from './s3-files.js';

type Props = Partial<ContainerModelProps>;

function make(props: Props | ((stack: Stack) => Props) = {}) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const service = new ContainerModel(stack, 'Iris', {
    ...minimal,
    ...(typeof props === 'function' ? props(stack) : props),
  });
  return { stack, service, template: () => Template.fromStack(stack) };
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

interface WatchedMetric {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { Metric: { MetricName: string; Dimensions: { Name: string; Value: unknown }[] } };
}

/** The expression of an alarm, and its metrics by name and whose they are. */
function watched(template: Template, description: RegExp) {
  const [alarm] = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) =>
    description.test(Properties.AlarmDescription),
  );
  const { Metrics, ...alone } = alarm!.Properties;
  const queries: WatchedMetric[] = Metrics ?? [{ Id: 'alone', MetricStat: { Metric: alone } }];
  const whose = ({ Name, Value }: { Name: string; Value: unknown }) =>
    Name === 'TargetGroup' ? text(Value).replace(/^\{Iris(LoadBalancer)?|[0-9A-F]{8}\..*$/g, '') : Name;
  return {
    expression: queries.find(({ Expression }) => Expression)?.Expression,
    metrics: queries.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, MetricStat.Metric.MetricName, ...MetricStat.Metric.Dimensions.map(whose)].join(' ')] : [],
    ),
  };
}

const publicVpc = (stack: Stack) =>
  new Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }] });

const containerOf = (template: Template) => only(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0];

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

  test('runs on Fargate with an Arm processor, read-only but for /tmp', () => {
    const { template } = make();
    expect(only(template(), 'AWS::ECS::TaskDefinition')).toMatchObject({
      Cpu: '1024',
      Memory: '2048',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    });
    expect(containerOf(template())).toMatchObject({
      ReadonlyRootFilesystem: true,
      MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false }],
    });
    expect(only(template(), 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe(
      'DISABLED',
    );
  });

  test('takes its times from the runtime: start, drain, and what is in flight', () => {
    const { template } = make({ timeoutSeconds: 20 });
    expect(containerOf(template())).toMatchObject({ StopTimeout: 10, HealthCheck: { StartPeriod: 300 } });
    expect(only(template(), 'AWS::ECS::Service').HealthCheckGracePeriodSeconds).toBe(300);
    const group = only(template(), 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(group.HealthCheckPath).toBe('/v2/health/ready');
    expect(group.TargetGroupAttributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '20' });
  });

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

  test('makes a VPC without a way to the internet, with the endpoints a task needs', () => {
    const { template } = make();
    template().resourceCountIs('AWS::EC2::NatGateway', 0);
    template().resourceCountIs('AWS::EC2::InternetGateway', 0);
    const endpoints = Object.values(template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      text(Properties.ServiceName).replace(/^.*\{AWS::Region\}\./, ''),
    );
    expect(endpoints.sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3']);
  });

  test('has endpoints of both services that keep secrets, if there are some', () => {
    const { template } = make((stack) => ({
      secrets: {
        TOKEN: Secret.fromSsmParameter(
          StringParameter.fromSecureStringParameterAttributes(stack, 'Token', { parameterName: '/token' }),
        ),
      },
    }));
    const endpoints = Object.values(template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      text(Properties.ServiceName).replace(/^.*\{AWS::Region\}\./, ''),
    );
    expect(endpoints).toEqual(expect.arrayContaining(['secretsmanager', 'ssm']));
  });

  test.each([
    ['which its name says', () => ImageSource.fromRegistry(IMAGE)],
    [
      'which its repository says',
      (stack: Stack) =>
        AwsImage.fromEcr(
          Repository.fromRepositoryArn(stack, 'Repository', 'arn:aws:ecr:eu-west-1:123456789012:repository/modelship'),
          'latest',
        ),
    ],
  ])('makes a NAT gateway if the image is in ECR of another region, %s', (_what, image) => {
    for (const [region, gateways] of [
      ['eu-west-1', 0],
      ['us-east-1', 1],
    ] as const) {
      const stack = new Stack(new App({ analyticsReporting: false }), 'S', { env: { region } });
      new ContainerModel(stack, 'Iris', { model, image: image(stack) });
      Template.fromStack(stack).resourceCountIs('AWS::EC2::NatGateway', gateways);
    }
  });

  test.each<[string, Props]>([
    ['the image is outside ECR', { image: ImageSource.fromRegistry('ghcr.io/modelship/runtime:1') }],
    ['the server fetches the weights', VARIANTS['TensorFlow Serving']!(new Stack())],
  ])('makes a NAT gateway if %s', (_why, props) => {
    make(props).template().resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  test('is reached by API Gateway alone, which asks for IAM and throttles', () => {
    const { template, service, stack } = make({ throttle: { requestsPerSecond: 7 } });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').Scheme).toBe('internal');
    const routes = Object.values(template().findResources('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => `${Properties.RouteKey} ${Properties.AuthorizationType}`,
    );
    expect(routes.sort()).toEqual(['ANY / AWS_IAM', 'ANY /{proxy+} AWS_IAM']);
    const stage = only(template(), 'AWS::ApiGatewayV2::Stage');
    // HTTP APIs know no `resourcePath`.
    expect(JSON.parse(stage.AccessLogSettings.Format)).toMatchObject({ path: '$context.path' });
    expect(stage.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 7,
    });
    const balancerGroup = stack.resolve(service.connections.securityGroups[0]!.securityGroupId);
    const rules = template().findResources('AWS::EC2::SecurityGroupIngress', {
      Properties: { GroupId: balancerGroup },
    });
    expect(Object.values(rules).map(({ Properties }) => Properties.SourceSecurityGroupId)).toEqual([
      stack.resolve((service.api!.node.findChild('SecurityGroup') as SecurityGroup).securityGroupId),
    ]);
  });

  test('allows bursts of whole requests', () => {
    const { template } = make({ throttle: { requestsPerSecond: 0.5 } });
    expect(only(template(), 'AWS::ApiGatewayV2::Stage').DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 0.5,
      ThrottlingBurstLimit: 1,
    });
  });

  test('lets a role call the API and nothing else', () => {
    const { stack, service, template } = make();
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    service.grantInvoke(role);
    const [policy] = Object.values(
      template().findResources('AWS::IAM::Policy', { Properties: { Roles: [stack.resolve(role.roleName)] } }),
    );
    const [statement] = policy!.Properties.PolicyDocument.Statement;
    expect(statement.Action).toBe('execute-api:Invoke');
    expect(text(statement.Resource)).toMatch(/execute-api:.*:\{IrisApi\w+\}\/\$default\/\*\/\*$/);
  });

  test('says why nobody can be granted anything if IAM does not rule', () => {
    const { stack, service } = make({ access: Access.anonymous() });
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => service.grantInvoke(role)).toThrow(/Access\.cloudIdentity\(\)/);
  });

  test('lets nobody in by the network unless asked', () => {
    const { template } = make({ access: Access.anonymous() });
    const rules = Object.values(template().findResources('AWS::EC2::SecurityGroup')).flatMap(
      ({ Properties }) => Properties.SecurityGroupIngress ?? [],
    );
    expect(rules).toEqual([]);
    template().resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  });

  test('has the load balancer check issuer and audience of a JWT', () => {
    const { template, service } = make((stack) => ({
      access: jwt,
      certificate: certificate(stack),
      domainName: 'iris.example.com',
    }));
    const { Actions: actions } = only(template(), 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(actions[0]).toMatchObject({
      Type: 'jwt-validation',
      JwtValidationConfig: {
        Issuer: 'https://example.auth0.com/',
        JwksEndpoint: 'https://example.auth0.com/.well-known/jwks.json',
        AdditionalClaims: [{ Format: 'single-string', Name: 'aud', Values: ['iris'] }],
      },
    });
    expect(service.predictUrl).toBe('https://iris.example.com/v1/models/iris:predict');
  });

  test('lets the load balancer fetch the keys of the issuer of JWTs, and nothing else from outside', () => {
    const balancerEgress = (props: Parameters<typeof make>[0]) => {
      const { template, service, stack } = make(props);
      const group = stack.resolve(service.connections.securityGroups[0]!.securityGroupId)['Fn::GetAtt'][0];
      const { SecurityGroupEgress: rules = [] } =
        template().findResources('AWS::EC2::SecurityGroup')[group]!.Properties;
      return rules.filter(({ CidrIp }: { CidrIp: string }) => CidrIp === '0.0.0.0/0');
    };
    expect(balancerEgress(VARIANTS['JWT at the load balancer']!)).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ]);
    expect(balancerEgress({ access: Access.anonymous() })).toEqual([]);
  });

  test('takes a deployment back on failed starts and on alarms', () => {
    const { template, service, stack } = make();
    const { DeploymentConfiguration: config } = only(template(), 'AWS::ECS::Service');
    expect(config.DeploymentCircuitBreaker).toEqual({ Enable: true, Rollback: true });
    expect(config.MinimumHealthyPercent).toBe(100);
    expect(config.Alarms).toEqual({
      Enable: true,
      Rollback: true,
      AlarmNames: [service.trafficAlarms.errors, service.trafficAlarms.latency].map((alarm) =>
        stack.resolve(alarm.alarmName),
      ),
    });
  });

  test.each<[string, Props, object]>([
    [
      'canary',
      { rollout: Rollout.canary({ percent: 5, bakeMinutes: 15 }) },
      { Strategy: 'CANARY', CanaryConfiguration: { CanaryPercent: 5, CanaryBakeTimeInMinutes: 15 } },
    ],
    [
      'linear',
      { rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 3 }) },
      { Strategy: 'LINEAR', LinearConfiguration: { StepPercent: 20, StepBakeTimeInMinutes: 3 } },
    ],
    ['blue and green', { blueGreenBakeTime: Duration.minutes(30) }, { Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 30 }],
  ])('moves traffic between two target groups: %s', (_name, props, expected) => {
    const { template } = make(props);
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.DeploymentConfiguration).toMatchObject(expected);
    expect(service.LoadBalancers[0].AdvancedConfiguration).toMatchObject({
      ProductionListenerRule: expect.anything(),
      TestListenerRule: expect.anything(),
      AlternateTargetGroupArn: expect.anything(),
    });
    template().resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
    template().hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 9000 });
  });

  test('lets ECS move traffic, as AWS documents the role, before the service is there', () => {
    const { template } = make(VARIANTS.canary!);
    const [[id, role]] = Object.entries(
      template().findResources('AWS::IAM::Role', {
        Properties: { Description: 'Moves traffic between two versions of a service' },
      }),
    ) as [[string, { Properties: { AssumeRolePolicyDocument: { Statement: object[] } } }]];
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' } },
    ]);
    const [policy] = Object.keys(
      template().findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: id }] } }),
    );
    const [service] = Object.values(template().findResources('AWS::ECS::Service'));
    expect(service!.DependsOn).toEqual(expect.arrayContaining([id, policy]));
  });

  test('scales on requests in flight, by Little’s law, and on CPU', () => {
    const { template } = make({ minReplicas: 2, maxReplicas: 9, targetConcurrency: 3, targetCpuPercent: 50 });
    expect(only(template(), 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 9,
    });
    const policies = Object.values(template().findResources('AWS::ApplicationAutoScaling::ScalingPolicy')).map(
      ({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration,
    );
    expect(policies.map(({ TargetValue }) => TargetValue)).toEqual([3, 50]);
    const { Metrics: metrics } = policies[0]!.CustomizedMetricSpecification;
    expect(metrics.at(-1)).toEqual({
      Id: 'inFlight',
      // Without requests there is no data, with which no task would ever be taken away.
      Expression: 'FILL(requests, 0) / 60 * FILL(seconds, 0) / tasks',
      ReturnData: true,
    });
  });

  test('leaves the number of tasks to what scales them, and says it where nothing does', () => {
    expect(only(make({ minReplicas: 2, maxReplicas: 9 }).template(), 'AWS::ECS::Service')).not.toHaveProperty(
      'DesiredCount',
    );
    const fixed = make({ minReplicas: 2, maxReplicas: 2 }).template();
    expect(only(fixed, 'AWS::ECS::Service').DesiredCount).toBe(2);
    fixed.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  });

  test('runs on encrypted GPU instances that follow the tasks', () => {
    const { template } = make({ capacity: ContainerCapacity.gpu({ instanceType: 'g6.xlarge', gpuCount: 1 }) });
    expect(containerOf(template())).toMatchObject({
      ResourceRequirements: [{ Type: 'GPU', Value: '1' }],
      Cpu: 3072,
      Memory: 12_288,
    });
    const { LaunchTemplateData: data } = only(template(), 'AWS::EC2::LaunchTemplate');
    expect(data).toMatchObject({ InstanceType: 'g6.xlarge', MetadataOptions: { HttpTokens: 'required' } });
    expect(data.BlockDeviceMappings[0].Ebs.Encrypted).toBe(true);
    expect(text(data.UserData['Fn::Base64'])).toContain('echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config');
    expect(only(template(), 'AWS::ECS::CapacityProvider').AutoScalingGroupProvider.ManagedScaling.Status).toBe(
      'ENABLED',
    );
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

  test('runs on instances with GPUs that ECS manages', () => {
    const { template } = make(VARIANTS['GPU on instances that ECS manages']!);
    expect(only(template(), 'AWS::ECS::TaskDefinition')).toMatchObject({
      RequiresCompatibilities: ['MANAGED_INSTANCES'],
      Cpu: '3072',
      Memory: '12288',
      ContainerDefinitions: [{ ResourceRequirements: [{ Type: 'GPU', Value: '1' }] }],
    });
    const provider = only(template(), 'AWS::ECS::CapacityProvider').ManagedInstancesProvider;
    expect(provider.InstanceLaunchTemplate).toMatchObject({
      Monitoring: 'DETAILED',
      StorageConfiguration: { StorageSizeGiB: 100 },
      InstanceRequirements: {
        AllowedInstanceTypes: ['g5.xlarge'],
        AcceleratorTypes: ['gpu'],
        AcceleratorManufacturers: ['nvidia'],
        AcceleratorCount: { Min: 1 },
        VCpuCount: { Min: 3 },
        MemoryMiB: { Min: 12_288 },
      },
    });
    const [id] = Object.keys(template().findResources('AWS::ECS::CapacityProvider'));
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.CapacityProviderStrategy).toEqual([{ CapacityProvider: { Ref: id }, Weight: 1 }]);
    template().hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith([id]) });
    expect(service.LaunchType).toBeUndefined();
    template().resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 0);
  });

  test('lets ECS hand out the role of managed instances, whose name it makes up in each region', () => {
    const { stack, service, template } = make(VARIANTS['GPU on instances that ECS manages']!);
    const { role } = service.managedInstances!;
    for (const { Properties } of Object.values(template().findResources('AWS::IAM::Role'))) {
      expect(Properties.RoleName).toBeUndefined();
    }
    expect(only(template(), 'AWS::IAM::InstanceProfile').Roles).toEqual([stack.resolve(role.roleName)]);
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'iam:PassRole',
            Effect: 'Allow',
            Resource: stack.resolve(role.roleArn),
            Condition: {
              StringEquals: { 'iam:PassedToService': { 'Fn::Join': ['', ['ec2.', { Ref: 'AWS::URLSuffix' }]] } },
            },
          },
        ],
      },
    });
  });

  test('may be a part of the cluster that it is in', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    const cluster = new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc') });
    const capacity = ContainerCapacity.fargate({ spot: true });
    new ContainerModel(cluster, 'Iris', { ...minimal, cluster, capacity });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });

  test('runs on managed instances in a cluster of another app', () => {
    const { template } = make((stack) => ({
      capacity: ContainerCapacity.managedGpu(),
      cluster: Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'all', vpc: new Vpc(stack, 'Vpc') }),
    }));
    expect(only(template(), 'AWS::ECS::CapacityProvider').ClusterName).toBe('all');
  });

  test('replaces instances when there is a new image of them, and has as many before', () => {
    const { template } = make({ capacity: ContainerCapacity.gpu(), minReplicas: 2, maxReplicas: 3 });
    template().hasResource('AWS::AutoScaling::AutoScalingGroup', {
      Properties: { MinSize: '2', MaxSize: '6' },
      UpdatePolicy: { AutoScalingRollingUpdate: { MinInstancesInService: 2 } },
    });
  });

  test('runs on Fargate on demand by the launch type, which every cluster has', () => {
    const { template } = make();
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.LaunchType).toBe('FARGATE');
    expect(service.CapacityProviderStrategy).toBeUndefined();
    template().resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
  });

  test.each([
    ['Spot', { capacity: ContainerCapacity.fargate({ spot: true }) }, 'FARGATE_SPOT'],
    [
      'Spot in a cluster that is there',
      (stack: Stack) => ({
        cluster: new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc') }),
        capacity: ContainerCapacity.fargate({ spot: true }),
      }),
      'FARGATE_SPOT',
    ],
    [
      'instances with GPUs',
      { capacity: ContainerCapacity.gpu() },
      { Ref: expect.stringContaining('InstancesCapacityProvider') },
    ],
  ])('gives the cluster its capacity provider before the service names it: %s', (_what, props, provider) => {
    const { template } = make(props);
    const [[id, association]] = Object.entries(
      template().findResources('AWS::ECS::ClusterCapacityProviderAssociations'),
    ) as [[string, { Properties: { CapacityProviders: unknown[] } }]];
    expect(association.Properties.CapacityProviders).toContainEqual(provider);
    const [service] = Object.values(template().findResources('AWS::ECS::Service'));
    expect(service!.Properties.CapacityProviderStrategy).toEqual([{ CapacityProvider: provider, Weight: 1 }]);
    expect(service!.DependsOn).toContain(id);
  });

  test('alarms on requests that failed, or that no task answered, or that found no task', () => {
    const { template } = make();
    const { expression, metrics } = watched(template(), /failed/);
    expect(expression).toBe(
      'IF(MAX([FILL(requests, 0), FILL(unanswered, 0)]) > 0, 100 * (FILL(failed, 0) + FILL(unanswered, 0)) / MAX([FILL(requests, 0), FILL(unanswered, 0)]), 0)',
    );
    expect(metrics).toEqual([
      'requests RequestCount LoadBalancer',
      'failed HTTPCode_Target_5XX_Count LoadBalancer',
      'unanswered HTTPCode_ELB_5XX_Count LoadBalancer',
    ]);
    expect(watched(template(), /Latency above/).metrics).toEqual(['alone TargetResponseTime LoadBalancer']);
  });

  test('alarms on either of two versions, however little traffic it gets', () => {
    const { template } = make({ rollout: Rollout.canary({ percent: 1, bakeMinutes: 15 }) });
    const { expression, metrics } = watched(template(), /failed/);
    expect(expression).toMatch(/^MAX\(\[IF\(MAX\(/);
    expect(expression).toContain(
      'IF(FILL(requests1, 0) > 0, 100 * (FILL(failed1, 0) + FILL(refused1, 0)) / FILL(requests1, 0), 0)])',
    );
    // CloudWatch allows ten in an alarm.
    expect(metrics).toEqual([
      'requests RequestCount LoadBalancer',
      'failed HTTPCode_Target_5XX_Count LoadBalancer',
      'unanswered HTTPCode_ELB_5XX_Count LoadBalancer',
      'requests0 RequestCount LoadBalancer Targets',
      'failed0 HTTPCode_Target_5XX_Count LoadBalancer Targets',
      'refused0 TargetConnectionErrorCount LoadBalancer Targets',
      'requests1 RequestCount LoadBalancer AlternateTargets',
      'failed1 HTTPCode_Target_5XX_Count LoadBalancer AlternateTargets',
      'refused1 TargetConnectionErrorCount LoadBalancer AlternateTargets',
    ]);
    const latency = watched(template(), /Latency above/);
    expect(latency.expression).toBe('MAX([FILL(seconds0, 0), FILL(seconds1, 0)])');
    expect(latency.metrics).toEqual([
      'seconds0 TargetResponseTime LoadBalancer Targets',
      'seconds1 TargetResponseTime LoadBalancer AlternateTargets',
    ]);
  });

  test('gives secrets to the container without writing them into the template', () => {
    const { template } = make(VARIANTS.secrets!);
    expect(containerOf(template()).Secrets).toEqual([{ Name: 'TOKEN', ValueFrom: expect.anything() }]);
    expect(containerOf(template()).Environment.map(({ Name }: { Name: string }) => Name)).not.toContain('TOKEN');
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

  test.each([
    ['a hub', 'Qwen/Qwen3-0.6B', 1],
    ['a bucket', 's3://weights/qwen/', 1],
    ['the image, which is in ECR', '/opt/qwen', 0],
  ])('has a way to the internet only if a server fetches weights: from %s', (_what, source, gateways) => {
    const { template } = make({
      image: undefined,
      server: ModelServer.vllm({ source, image: IMAGE }),
      capacity: ContainerCapacity.gpu(),
    });
    template().resourceCountIs('AWS::EC2::NatGateway', gateways);
  });

  test('can be found by Service Connect', () => {
    const { template } = make({ serviceConnectNamespace: 'models' });
    expect(only(template(), 'AWS::ECS::Service').ServiceConnectConfiguration).toMatchObject({
      Enabled: true,
      Namespace: 'models',
      Services: [{ PortName: 'http', DiscoveryName: 'iris' }],
    });
  });

  test('uses a cluster and a VPC that are there', () => {
    const { template } = make((stack) => {
      const vpc = new Vpc(stack, 'Vpc');
      return { vpc, cluster: new Cluster(stack, 'Cluster', { vpc }) };
    });
    template().resourceCountIs('AWS::ECS::Cluster', 1);
    template().resourceCountIs('AWS::EC2::VPC', 1);
  });

  test('has alarms and a dashboard, logs for 90 days, and access logs', () => {
    const { template } = make();
    template().resourceCountIs('AWS::CloudWatch::Alarm', 3);
    template().resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    for (const { Properties } of Object.values(template().findResources('AWS::Logs::LogGroup'))) {
      expect(Properties.RetentionInDays).toBe(90);
    }
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'access_logs.s3.enabled',
      Value: 'true',
    });
    make({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  test('lets tokens pass every check', () => {
    const token = Lazy.number({ produce: () => 2 });
    expect(faults({ minReplicas: token, maxReplicas: token })).toEqual([]);
  });

  test.each([
    ['Fargate', 'fargate'],
    ['instances', 'gpu'],
    ['instances that ECS manages', 'managedGpu'],
  ] as const)('takes the size of a task on %s by tokens', (_what, kind) => {
    const { template } = make((stack) => {
      const of = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
      const size = { cpu: of('Cpu'), memoryMib: of('Memory') };
      if (kind === 'fargate') return { capacity: ContainerCapacity.fargate(size) };
      return { capacity: ContainerCapacity[kind]({ ...size, gpuCount: of('Gpus') }) };
    });
    const task = only(template(), 'AWS::ECS::TaskDefinition');
    // In words, because CloudFormation does not multiply.
    expect(task.Cpu).toEqual({ 'Fn::Join': ['', [{ Ref: 'Cpu' }, ' vCPU']] });
    expect(task.ContainerDefinitions[0].Cpu).toBeUndefined();
    expect(kind === 'gpu' ? task.ContainerDefinitions[0].Memory : task.Memory).toEqual({ Ref: 'Memory' });
    expect(task.ContainerDefinitions[0].ResourceRequirements).toEqual(
      kind === 'fargate' ? undefined : [{ Type: 'GPU', Value: { Ref: 'Gpus' } }],
    );
  });

  test('bounds the tasks by a token, and instances for them by what a service may have', () => {
    const { template } = make((stack) => ({
      capacity: ContainerCapacity.gpu(),
      maxReplicas: new CfnParameter(stack, 'Most', { type: 'Number' }).valueAsNumber,
    }));
    expect(only(template(), 'AWS::ApplicationAutoScaling::ScalableTarget').MaxCapacity).toEqual({ Ref: 'Most' });
    expect(only(template(), 'AWS::AutoScaling::AutoScalingGroup').MaxSize).toBe('10000');
  });

  test('lets the load balancer wait no longer than it can', () => {
    const { template } = make({ access: Access.anonymous(), timeoutSeconds: 4000 });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'idle_timeout.timeout_seconds',
      Value: '4000',
    });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::TargetGroup').TargetGroupAttributes).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '3600',
    });
  });

  test('waits its limit where the time is known at deployment only', () => {
    const { template } = make((stack) => ({
      timeoutSeconds: new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber,
    }));
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'idle_timeout.timeout_seconds',
      Value: '30',
    });
    expect(containerOf(template()).Environment).toContainEqual({
      Name: 'MODELSHIP_TIMEOUT_SECONDS',
      Value: { Ref: 'Seconds' },
    });
  });
});

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
