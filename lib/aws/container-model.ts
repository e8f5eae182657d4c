import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Connections,
  type IConnectable,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import {
  AlarmBehavior,
  type BaseService,
  type CfnService,
  Cluster,
  ContainerInsights,
  Ec2Service,
  FargateService,
  type ICluster,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { LogGroupProps, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import { AlarmThresholds } from '../serving/alarms.js';
import { DEFAULT_LOG_RETENTION_DAYS, DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { predictCommand } from '../serving/predict-command.js';
import type { Replicas } from '../serving/replicas.js';
import type { RolloutGate } from '../serving/rollout-gate.js';
import { type ModelServer, serverOf } from '../serving/servers/model-server.js';
import { startSeconds } from '../serving/servers/server-start.js';
import { ContainerCapacity, type GpuCapacityOptions } from './capacity.js';
import { ContainerModelData } from './container-model-data.js';
import type { ContainerModelProps } from './container-props.js';
import { AwsImage, pullImage } from './image.js';
import type { ContainerModelAttributes, IModelEndpoint } from './imported-endpoint.js';
import { ApiFront } from './private/ecs/api-front.js';
import { taskArchitecture } from './private/ecs/architecture.js';
import { CapacityProviders } from './private/ecs/capacity-providers.js';
import { alternate, deployment, hasTwoVersions } from './private/ecs/deployment.js';
import { GpuInstances } from './private/ecs/gpu-instances.js';
import { importedService } from './private/ecs/imported.js';
import { LifecycleHook } from './private/ecs/lifecycle-hook.js';
import { ECS } from './private/ecs/limits.js';
import { LoadBalancer } from './private/ecs/load-balancer.js';
import { ManagedGpuInstances } from './private/ecs/managed-gpu-instances.js';
import { Network } from './private/ecs/network.js';
import { runningParts } from './private/ecs/running-parts.js';
import { defaultMaxReplicas, ServiceScaling } from './private/ecs/scaling.js';
import { CONTAINER, PORT_NAME, Task } from './private/ecs/task.js';
import { gpuSize, isSpot } from './private/ecs/task-size.js';
import { ServiceTelemetry, TrafficAlarms } from './private/ecs/telemetry.js';
import { requireInternet, validateContainer } from './private/ecs/validation.js';
import { corsOrigins } from './private/shared/cors.js';
import { warn } from './private/shared/cost-warnings.js';
import { credentialOptions } from './private/shared/credential-options.js';
import { DriftAlarms } from './private/shared/drift-alarms.js';
import { grantTo } from './private/shared/grant.js';
import { ImportedEndpoint } from './private/shared/imported-endpoint.js';
import { encryptLogs } from './private/shared/log-encryption.js';
import { annotateMonthlyCost } from './private/shared/monthly-cost.js';
import { isOfAnotherRegion, type PulledImage, pulledImage } from './private/shared/pulled-image.js';
import { extremes } from './private/shared/scheduled-actions.js';
import { requireS3Route, routesOf } from './private/shared/subnets.js';

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_CPU_PERCENT = 70;
/** Default model folder in the images of other servers. */
const IMAGE_FOLDER = '/models';

/**
 * Model served by containers on ECS behind an Application Load Balancer, which is internal to the VPC by default.
 *
 * @example
 * ```ts
 * import { ContainerModel } from 'modelship/aws';
 *
 * const endpoint = new ContainerModel(stack, 'Iris', { model, vpc, minReplicas: 2, maxReplicas: 10 });
 * endpoint.grantInvoke(role);
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class ContainerModel extends Construct implements ModelEndpoint<Metric>, IModelEndpoint, IConnectable {
  /**
   * Imports an endpoint of another stack, to allow callers to invoke it and to observe it. It must be in the account and
   * region of this stack.
   *
   * @example
   * ```ts
   * import { ContainerModel } from 'modelship/aws';
   *
   * const endpoint = ContainerModel.fromContainerModelAttributes(stack, 'Iris', {
   *   url: 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
   *   httpApiId: 'a1b2c3d4e5',
   *   loadBalancerFullName: 'app/Models-Iris/50dc6c495c0c9188',
   * });
   * endpoint.grantInvoke(role);
   * ```
   */
  static fromContainerModelAttributes(
    scope: Construct,
    id: string,
    attributes: ContainerModelAttributes,
  ): IModelEndpoint {
    return new ImportedEndpoint(scope, id, (endpoint) => importedService(endpoint, attributes));
  }

  /** Model package that the service runs. */
  readonly model: Model;
  /** VPC of the tasks and the load balancer. */
  readonly vpc: IVpc;
  /** ECS cluster of the service. */
  readonly cluster: ICluster;
  /** Resources of the VPC. Set if this construct creates the VPC. */
  readonly network?: Network;
  /** Task definition, with its roles and log group. */
  readonly task: Task;
  /** ECS service. */
  readonly service: BaseService;
  /** Application Load Balancer, with its listeners and target groups. */
  readonly loadBalancer: LoadBalancer;
  /** API that authenticates callers with IAM. Set for `Access.cloudIdentity()`, the default. */
  readonly api?: ApiFront;
  /** EC2 instances of the tasks. Set for `ContainerCapacity.gpu()`. */
  readonly instances?: GpuInstances;
  /** ECS Managed Instances of the tasks. Set for `ContainerCapacity.managedGpu()`. */
  readonly managedInstances?: ManagedGpuInstances;
  /** Function that asks a new version the questions of the gate. Set if the rollout has a gate. */
  readonly lifecycleHook?: LifecycleHook;
  /** Autoscaling of the service. Set unless the number of tasks is fixed and there is no `schedule`. */
  readonly scaling?: ServiceScaling;
  /** Alarms on errors and latency, which roll back deployments by default. */
  readonly trafficAlarms: TrafficAlarms;
  /** Dashboard and further alarms of the service. */
  readonly telemetry: ServiceTelemetry;
  /** Alarms on drift of the requests and on estimated accuracy, with a threshold in `alarms`. */
  readonly driftAlarms: DriftAlarms;

  /** Timeout of the load balancer and the API. It is their maximum if `timeoutSeconds` is a token. */
  private readonly timeoutSeconds: number;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ContainerModelProps,
  ) {
    super(scope, id);
    validateContainer(this, props);
    const capacity = props.capacity ?? ContainerCapacity.fargate();
    const min = props.minReplicas ?? 1;
    const range = { min, max: props.maxReplicas ?? defaultMaxReplicas(min) };
    this.model = props.model;

    this.timeoutSeconds = this.balancerTimeout();
    if (props.encryptionKey) encryptLogs(this, props.encryptionKey);
    const image = this.image(capacity);
    const given = props.vpc ?? props.cluster?.vpc;
    if (!given) this.network = this.makeNetwork(image, capacity);
    this.vpc = given ?? this.network!.vpc;
    this.cluster = props.cluster ?? this.makeCluster();
    const { settings } = capacity;
    if (isSpot(capacity) && Cluster.isCluster(this.cluster)) this.cluster.enableFargateCapacityProviders();
    if (settings.kind === 'managedGpu') this.managedInstances = this.makeManagedInstances(settings.options);
    if (settings.kind === 'gpu') this.instances = this.makeInstances(settings.options, range);
    this.task = this.makeTask(image, capacity);
    this.loadBalancer = this.makeLoadBalancer();
    const thresholds = new AlarmThresholds(props.alarms, this.timeoutSeconds);
    this.trafficAlarms = new TrafficAlarms(this, 'Alarms', {
      loadBalancer: this.loadBalancer,
      thresholds,
      actions: props.alarmActions ?? [],
    });
    this.service = this.makeService(capacity, min);
    this.orderService(capacity);
    if (given && image.repositoryArn) {
      const { subnets } = given.selectSubnets(this.subnets);
      requireS3Route(this, props.vpc ? 'vpc' : 'cluster', given, subnets, 'ECR keeps the layers of images in S3');
    }
    this.attach();
    if (props.rollout?.gate) this.lifecycleHook = this.makeHook(props.rollout.gate);
    // The service's own prop would allow the tasks to write to every log group.
    if (props.enableExecuteCommand) this.resource.enableExecuteCommand = true;
    this.admitToNetwork();
    if (this.hasGateway) this.api = this.makeApi();
    if (range.min !== range.max || props.schedule) this.scaling = this.makeScaling(range);
    this.telemetry = new ServiceTelemetry(this, 'Telemetry', {
      service: this.service,
      loadBalancer: this.loadBalancer,
      dashboard: props.dashboard ?? true,
      alarmActions: props.alarmActions ?? [],
      thresholds,
    });
    this.driftAlarms = new DriftAlarms(this, 'DriftAlarms', {
      logGroup: this.task.logGroup,
      alarms: props.alarms,
      alarmActions: props.alarmActions,
    });
    annotateMonthlyCost(this, { idle: runningParts(capacity, this.server.spec, min) });
    warn(this, capacity.kind === 'fargate' ? 'modelship:idleService' : 'modelship:idleGpu');
    if (this.hasGateway && this.server.spec.streams) warn(this, 'modelship:bufferedStream');
  }

  /** Security-group connections of the load balancer. Only API Gateway and the peers you allow here can reach it. */
  get connections(): Connections {
    return this.loadBalancer.resource.connections;
  }

  /** Base URL of the service, without a path. */
  get url(): string {
    if (this.api) return this.api.api.apiEndpoint;
    return this.loadBalancer.url;
  }

  /** URL of the prediction endpoint. */
  get predictUrl(): string {
    return `${this.url}${this.server.spec.predictPath(this.model)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl. It reads the credentials from the AWS
   * environment variables or `TOKEN`, and must run where the load balancer is reachable. Undefined for servers whose
   * request format is unknown: TorchServe and custom ones.
   */
  get predictCommand(): string | undefined {
    const example = this.server.spec.exampleRequest?.(this.model);
    return (
      example &&
      predictCommand({
        url: `${this.url}${example.path}`,
        body: example.body,
        credentials: credentialOptions(this.access, Stack.of(this).region, 'execute-api'),
      })
    );
  }

  /**
   * Grants `grantee` permission to invoke the API.
   *
   * @throws Error if `access` does not authenticate callers with IAM, or if the grant has no effect
   */
  grantInvoke(grantee: IGrantable): Grant {
    const { api } = this;
    if (!api) {
      throw new Error(
        `${this.node.path} has access ${this.access.kind}, which does not authenticate with IAM; use ` +
          `Access.cloudIdentity(), or allow callers with \`connections\``,
      );
    }
    return grantTo(this, grantee, () => api.grantInvoke(grantee));
  }

  /** Metric for the number of requests that the load balancer forwarded. @default - sum over 5 minutes */
  metricRequests(options?: MetricOptions): Metric {
    return this.loadBalancer.metrics.requestCount(options);
  }

  /**
   * Metric for the number of requests that failed with a 5xx from a task. Failures without a response from a task are in
   * `loadBalancer.resource.metrics.httpCodeElb()`, which counts all services of the load balancer with `listener`.
   *
   * @default - sum over 5 minutes
   */
  metricErrors(options?: MetricOptions): Metric {
    return this.loadBalancer.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, options);
  }

  /**
   * Metric for the time from forwarding a request to a task until its response begins, in seconds.
   *
   * @default - average over 5 minutes
   */
  metricLatency(options?: MetricOptions): Metric {
    return this.loadBalancer.metrics.targetResponseTime(options);
  }

  private get resource(): CfnService {
    return this.service.node.defaultChild as CfnService;
  }

  /** Whether API Gateway authenticates the callers, with IAM. */
  private get hasGateway(): boolean {
    return this.access.kind === 'cloudIdentity';
  }

  private balancerTimeout(): number {
    const { timeoutSeconds = this.hasGateway ? ECS.gatewaySeconds.max : DEFAULT_TIMEOUT_SECONDS } = this.props;
    if (!Token.isUnresolved(timeoutSeconds)) return timeoutSeconds;
    return (this.hasGateway ? ECS.gatewaySeconds : ECS.idleSeconds).max;
  }

  private makeManagedInstances(options: GpuCapacityOptions): ManagedGpuInstances {
    const { vpc, subnets, cluster } = this;
    return new ManagedGpuInstances(this, 'ManagedInstances', { vpc, subnets, ...gpuSize(options), cluster });
  }

  private makeInstances(options: GpuCapacityOptions, range: Replicas): GpuInstances {
    return new GpuInstances(this, 'Instances', {
      vpc: this.vpc,
      subnets: this.subnets,
      ...extremes(this.props.schedule, range),
      instanceType: gpuSize(options).instanceType,
      // Validation guarantees a cluster that is created in this stack, so the cast is safe.
      cluster: this.cluster as Cluster,
      encryptionKey: this.props.encryptionKey,
    });
  }

  private makeLoadBalancer(): LoadBalancer {
    const { props } = this;
    return new LoadBalancer(this, 'LoadBalancer', {
      vpc: this.vpc,
      subnets: this.loadBalancerSubnets,
      port: this.server.spec.port,
      readyPath: this.server.spec.readyPath(props.model),
      internetFacing: props.internetFacing ?? false,
      certificate: props.certificate,
      access: this.access,
      jwksUrl: props.jwksUrl,
      jwtAudienceFormat: props.jwtAudienceFormat,
      timeoutSeconds: this.timeoutSeconds,
      logRetentionDays: this.retention,
      hasPreflight: corsOrigins(props.environment).length > 0,
      twoGroups: hasTwoVersions(props.rollout, props.blueGreenBakeTime),
      existing: props.listener,
      domainName: props.domainName,
    });
  }

  private makeHook(gate: RolloutGate): LifecycleHook {
    const { vpc, subnets, loadBalancer, model, logs } = this;
    const { encryptionKey, domainName } = this.props;
    const props = { model, gate, logs, encryptionKey, loadBalancer, vpc, subnets, domainName };
    const hook = new LifecycleHook(this, 'Gate', props);
    hook.attach(this.service);
    return hook;
  }

  /** Creates the service after everything that its tasks need to start, and deletes it before. */
  private orderService(capacity: ContainerCapacity): void {
    this.service.node.addDependency(routesOf(this.vpc));
    // ECS requires the capacity providers to be associated with the cluster for as long as a service uses them.
    if (capacity.kind !== 'fargate' || isSpot(capacity)) {
      const instances = this.instances ?? this.managedInstances;
      this.service.node.addDependency(new CapacityProviders(this.cluster), ...(instances ? [instances] : []));
    }
    if (this.task.mount) {
      const { connections, targets } = this.task.mount;
      this.service.connections.allowToDefaultPort(connections, 'The model of the tasks');
      this.service.node.addDependency(...targets, ...connections.securityGroups);
    }
  }

  private admitToNetwork(): void {
    this.network?.admit(this.service);
    if (this.instances) this.network?.admit(this.instances.group);
    if (this.managedInstances) this.network?.admit(this.managedInstances.capacityProvider);
  }

  private makeApi(): ApiFront {
    return new ApiFront(this, 'Api', {
      vpc: this.vpc,
      subnets: this.subnets,
      loadBalancer: this.loadBalancer,
      domainName: this.props.domainName,
      throttle: this.props.throttle,
      timeoutSeconds: this.timeoutSeconds,
      logs: this.logs,
      corsOrigins: corsOrigins(this.props.environment),
    });
  }

  private makeScaling(range: Replicas): ServiceScaling {
    const { schedule, targetConcurrency, targetCpuPercent } = this.props;
    const scaling = new ServiceScaling(this, 'Scaling', {
      service: this.service,
      loadBalancer: this.loadBalancer,
      ...range,
      schedule,
      concurrency: targetConcurrency ?? DEFAULT_CONCURRENCY,
      cpuPercent: targetCpuPercent ?? DEFAULT_CPU_PERCENT,
    });
    scaling.node.addDependency(this.service);
    // With a desired count in the template, every deployment would reset the number of tasks that autoscaling has
    // chosen.
    this.resource.addPropertyDeletionOverride('DesiredCount');
    return scaling;
  }

  private get access(): Access {
    return this.props.access ?? Access.cloudIdentity();
  }

  private get server(): ModelServer {
    return serverOf(this.props);
  }

  private get retention(): RetentionDays {
    return (this.props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS) as RetentionDays;
  }

  /**
   * Subnets of the tasks and of the API's VPC link. A VPC may have several private subnets per zone, for example for
   * databases, so only one per zone is used. Public subnets are used only if `vpcSubnets` selects them.
   */
  private get subnets(): SubnetSelection {
    const egress = this.vpc.privateSubnets.length > 0;
    const subnetType = egress ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED;
    return { ...(this.props.vpcSubnets ?? { subnetType }), onePerAz: true };
  }

  private get loadBalancerSubnets(): SubnetSelection {
    const { loadBalancerSubnets, internetFacing } = this.props;
    if (loadBalancerSubnets) return loadBalancerSubnets;
    return internetFacing ? { subnetType: SubnetType.PUBLIC, onePerAz: true } : this.subnets;
  }

  /** Properties of the log groups of the API and the VPC, which are deleted with the stack. */
  private get logs(): LogGroupProps {
    const { encryptionKey } = this.props;
    return { retention: this.retention, encryptionKey, removalPolicy: RemovalPolicy.DESTROY };
  }

  private makeCluster(): Cluster {
    const { encryptionKey } = this.props;
    return new Cluster(this, 'Cluster', {
      vpc: this.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      managedStorageConfiguration: encryptionKey && { fargateEphemeralStorageKmsKey: encryptionKey },
    });
  }

  private image(capacity: ContainerCapacity): PulledImage {
    const uri = this.server.spec.image;
    if (uri) return pulledImage(this, uri);
    return pullImage(this, this.props.image ?? AwsImage.fromAsset(), {
      architecture: taskArchitecture(capacity, this.server.spec).name,
      root: false,
      manifest: this.model.manifest,
    });
  }

  private makeNetwork(image: PulledImage, capacity: ContainerCapacity): Network {
    const need = this.internetNeed(image);
    const { natGateways = need ? 1 : 0 } = this.props;
    requireInternet(this, natGateways, need);
    return new Network(this, 'Network', {
      natGateways,
      instances: capacity.kind !== 'fargate',
      cidr: this.props.vpcCidr,
      availabilityZones: this.props.availabilityZones,
      secrets: Object.keys(this.props.secrets ?? {}).length > 0,
      commands: this.props.enableExecuteCommand ?? false,
      logs: this.logs,
    });
  }

  /** Reason why the tasks or the load balancer need internet access, as the start of a sentence. */
  private internetNeed(image: PulledImage): string | undefined {
    if (image.repositoryArn === undefined) return 'the image is outside ECR';
    if (isOfAnotherRegion(this, image)) return 'the image is in ECR of another region';
    const from = this.server.spec.source?.kind;
    // The S3 endpoint reaches only buckets of its own region.
    if (from !== undefined && from !== 'folder') return 'the server downloads its weights';
    if (this.access.kind === 'jwt') return 'the load balancer downloads the keys of the JWT issuer';
    if (this.props.internetFacing) return 'callers reach the load balancer from the internet';
    return undefined;
  }

  private makeTask(image: PulledImage, capacity: ContainerCapacity): Task {
    const { model, environment = {}, secrets = {}, startupSeconds } = this.props;
    const modelData =
      this.props.modelData ??
      (this.server.isModelship ? ContainerModelData.fromPackage() : ContainerModelData.inImage(IMAGE_FOLDER));
    return new Task(this, 'Task', {
      model,
      server: this.server,
      image,
      capacity,
      modelData,
      timeoutSeconds: this.props.timeoutSeconds ?? this.timeoutSeconds,
      startupSeconds,
      environment,
      secrets,
      retention: this.retention,
      logRemovalPolicy: this.props.logRemovalPolicy ?? RemovalPolicy.RETAIN,
      encryptionKey: this.props.encryptionKey,
      taskRole: this.props.taskRole,
      executionRole: this.props.executionRole,
      isOpenToCommands: this.props.enableExecuteCommand ?? false,
    });
  }

  private makeService(capacity: ContainerCapacity, desiredCount: number): BaseService {
    const { rollout, blueGreenBakeTime, rollbackAlarms, serviceConnectNamespace, model } = this.props;
    const { startupSeconds = startSeconds(this.server) } = this.props;
    const alarms = rollbackAlarms ?? [this.trafficAlarms.errors, this.trafficAlarms.latency];
    const options = {
      cluster: this.cluster,
      taskDefinition: this.task.definition,
      desiredCount,
      // Tags of the stack, such as those for cost allocation, then reach the tasks and their network interfaces.
      propagateTags: PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
      securityGroups: this.props.securityGroups ?? [
        new SecurityGroup(this, 'SecurityGroup', { vpc: this.vpc, description: `Serves the model ${model.name}` }),
      ],
      vpcSubnets: this.subnets,
      circuitBreaker: { rollback: true },
      deploymentAlarms:
        alarms.length > 0
          ? { alarmNames: alarms.map(({ alarmName }) => alarmName), behavior: AlarmBehavior.ROLLBACK_ON_ALARM }
          : undefined,
      healthCheckGracePeriod: Duration.seconds(startupSeconds),
      ...deployment(rollout, blueGreenBakeTime),
      ...(serviceConnectNamespace
        ? {
            serviceConnectConfiguration: {
              namespace: serviceConnectNamespace,
              services: [{ portMappingName: PORT_NAME, discoveryName: model.name.toLowerCase().replaceAll('_', '-') }],
            },
          }
        : {}),
    };
    if (this.instances) {
      return new Ec2Service(this, 'Service', {
        ...options,
        capacityProviderStrategies: [
          { capacityProvider: this.instances.capacityProvider.capacityProviderName, weight: 1 },
        ],
      });
    }
    const spot = isSpot(capacity) ? 'FARGATE_SPOT' : undefined;
    const provider = this.managedInstances?.capacityProvider.capacityProviderName ?? spot;
    return new FargateService(this, 'Service', {
      ...options,
      // Without a capacity provider ECS uses Fargate on-demand, which is available in every cluster.
      capacityProviderStrategies: provider ? [{ capacityProvider: provider, weight: 1 }] : undefined,
    });
  }

  private attach(): void {
    const { targets, rule, testRule } = this.loadBalancer;
    const second = alternate(this, this.loadBalancer);
    targets.addTarget(
      this.service.loadBalancerTarget({
        containerName: CONTAINER,
        containerPort: this.server.spec.port,
        alternateTarget: second?.target,
      }),
    );
    // ECS rejects a service whose target groups are not attached to a listener yet.
    this.service.node.addDependency(rule, ...(testRule ? [testRule] : []), ...(second ? [second.role] : []));
  }
}
