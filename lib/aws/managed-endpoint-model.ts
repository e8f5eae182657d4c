import { START_SECONDS } from '@modelship/runtime/contract';
import { Duration, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { IAlarm, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Connections, type IConnectable, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable, IRole } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnEndpoint, CfnEndpointConfig, CfnInferenceComponent, type CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { taskPackages } from '../bundle/task-packages.js';
import type { Model } from '../model/model.js';
import { AlarmThresholds } from '../serving/alarms.js';
import { DEFAULT_LOG_RETENTION_DAYS, DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { header, predictCommand } from '../serving/predict-command.js';
import type { Replicas } from '../serving/replicas.js';
import { Rollout } from '../serving/rollout.js';
import { managedRequest } from '../serving/servers/managed-request.js';
import { type ModelServer, serverOf } from '../serving/servers/model-server.js';
import { shellWord } from '../serving/shell-word.js';
import { EndpointModelData } from './endpoint-model-data.js';
import { AwsImage, pullImage } from './image.js';
import type { IModelEndpoint, ManagedEndpointModelAttributes } from './imported-endpoint.js';
import type { ManagedEndpointModelProps } from './managed-endpoint-props.js';
import { EndpointMode, type LoraAdapter } from './mode.js';
import { grantEndpoint, invocationUrl } from './private/sagemaker/endpoint-access.js';
import {
  asyncInferenceConfig,
  asyncInputPrefix,
  dataCaptureConfig,
  explainerConfig,
} from './private/sagemaker/endpoint-config.js';
import { EndpointMetrics } from './private/sagemaker/endpoint-metrics.js';
import { endpointScaling } from './private/sagemaker/endpoint-scaling.js';
import { componentDeploymentConfig, deploymentConfig, isPartOfAnInstance } from './private/sagemaker/guardrails.js';
import { requireEcr } from './private/sagemaker/image-validation.js';
import { importedEndpoint } from './private/sagemaker/imported.js';
import {
  architectureOf,
  hasSeveralVariants,
  initialReplicas,
  instanceType,
  instanceTypes,
  isFixed,
  memoryOf,
  realTimeOptions,
  replicas,
  type SettingsOf,
} from './private/sagemaker/instances.js';
import { ENDPOINT_NAME, hasLocalStorage, isGpu, SAGEMAKER } from './private/sagemaker/limits.js';
import { ExecutionRole } from './private/sagemaker/role.js';
import { runningParts, usageAtLoad } from './private/sagemaker/running-parts.js';
import type { Scaling } from './private/sagemaker/scaling.js';
import { ServedModel, servesOtherModels } from './private/sagemaker/served-model.js';
import { EndpointTelemetry } from './private/sagemaker/telemetry.js';
import { validateManagedEndpoint } from './private/sagemaker/validation.js';
import { endpointVariants, MAIN_VARIANT, type StartTimes } from './private/sagemaker/variants.js';
import { warn } from './private/shared/cost-warnings.js';
import { signatureOptions } from './private/shared/credential-options.js';
import { DriftAlarms } from './private/shared/drift-alarms.js';
import { grantTo } from './private/shared/grant.js';
import { ImportedEndpoint } from './private/shared/imported-endpoint.js';
import { encryptLogs } from './private/shared/log-encryption.js';
import { grantSource } from './private/shared/model-source.js';
import { annotateMonthlyCost } from './private/shared/monthly-cost.js';
import { type PulledImage, pulledImage } from './private/shared/pulled-image.js';
import { extremes } from './private/shared/scheduled-actions.js';
import { grantSecrets } from './private/shared/secrets.js';
import { requireS3Route, routesOf } from './private/shared/subnets.js';

const DEFAULT_DOWNLOAD_TIMEOUT = Duration.minutes(15);

/**
 * Model served by a SageMaker endpoint.
 *
 * A new version of the model replaces the SageMaker model and endpoint configuration, whose names CloudFormation
 * generates. The endpoint's traffic shifts to it as configured by `rollout`. Nothing has to be deleted manually.
 *
 * @example
 * ```ts
 * import { Rollout } from 'modelship';
 * import { EndpointMode, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', {
 *   model,
 *   mode: EndpointMode.realTime({ instanceType: 'ml.c7g.large' }),
 *   minReplicas: 2,
 *   maxReplicas: 4,
 *   rollout: Rollout.canary({ percent: 50, bakeMinutes: 15 }),
 * });
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class ManagedEndpointModel extends Construct implements ModelEndpoint<Metric>, IModelEndpoint, IConnectable {
  /**
   * Imports an endpoint of another stack, to allow callers to invoke it and to observe it. It must be in the account and
   * region of this stack. Its metrics are those of the main variant.
   *
   * @example
   * ```ts
   * import { ManagedEndpointModel } from 'modelship/aws';
   *
   * const endpoint = ManagedEndpointModel.fromManagedEndpointModelAttributes(stack, 'Iris', { endpointName: 'iris' });
   * endpoint.grantInvoke(role);
   * ```
   */
  static fromManagedEndpointModelAttributes(
    scope: Construct,
    id: string,
    attributes: ManagedEndpointModelAttributes,
  ): IModelEndpoint {
    return new ImportedEndpoint(scope, id, (endpoint) => importedEndpoint(endpoint, attributes));
  }

  /** Model package of the main variant. */
  readonly model: Model;
  /** SageMaker endpoint. */
  readonly endpoint: CfnEndpoint;
  /** SageMaker endpoint configuration. */
  readonly endpointConfig: CfnEndpointConfig;
  /** SageMaker models, keyed by variant name. */
  readonly models: { readonly [variant: string]: CfnModel };
  /** Inference component. Set for `EndpointMode.inferenceComponents()`. */
  readonly inferenceComponent?: CfnInferenceComponent;
  /** Inference components of the LoRA adapters. Set for `adapters` of `EndpointMode.inferenceComponents()`. */
  readonly adapters: CfnInferenceComponent[];
  /** Execution role that SageMaker assumes for the endpoint. */
  readonly role: IRole;
  /** Log group of the containers. */
  readonly logGroup: LogGroup;
  /** Dashboard and alarms. */
  readonly telemetry: EndpointTelemetry;
  /** Alarms on drift of the requests and on estimated accuracy, with a threshold in `alarms`. */
  readonly driftAlarms: DriftAlarms;
  /** Autoscaling of each variant. Empty if the number of replicas is fixed and there is no `schedule`. */
  readonly scaling: Scaling[];
  /** Name of the endpoint. */
  readonly endpointName: string;
  /** Security-group connections of the containers' network interfaces. Without `vpc` they have no security groups. */
  readonly connections: Connections;

  private readonly mode: EndpointMode;
  private readonly executionRole: ExecutionRole;
  private readonly metrics: EndpointMetrics;
  private readonly componentName?: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ManagedEndpointModelProps,
  ) {
    super(scope, id);
    validateManagedEndpoint(this, props);
    this.model = props.model;
    this.mode = props.mode ?? EndpointMode.realTime();
    const range = replicas(this.mode, props.minReplicas, props.maxReplicas);

    const components = this.mode.kind === 'inferenceComponents';
    // A name known before the endpoint exists lets role, logs and alarms refer to it without a dependency cycle.
    this.endpointName =
      props.endpointName ??
      Names.uniqueResourceName(this, { maxLength: ENDPOINT_NAME.maxLength, separator: '-' }).toLowerCase();
    if (components) this.componentName = this.endpointName;
    this.metrics = this.metricsOf(MAIN_VARIANT);
    if (props.encryptionKey) encryptLogs(this, props.encryptionKey);
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/sagemaker/${components ? 'InferenceComponents' : 'Endpoints'}/${this.endpointName}`,
      retention: (props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS) as RetentionDays,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.executionRole = new ExecutionRole(this, 'Role', {
      logGroupArn: this.logGroup.logGroupArn,
      existing: props.role,
    });
    this.role = this.executionRole.resource;
    grantSource(this.role, this.server.spec.source);
    this.connections = new Connections({ securityGroups: this.securityGroups() });
    this.models = this.makeModels();
    this.endpointConfig = this.makeConfig(range);
    const { variants = [], shadow } = realTimeOptions(this.mode);
    this.telemetry = new EndpointTelemetry(this, 'Telemetry', {
      metrics: [this.metrics, ...variants.map(({ name }) => this.metricsOf(name))],
      shadow: shadow && this.metricsOf(shadow.name),
      mode: this.mode,
      // Thresholds are computed from the timeout, and a token has no numeric value at synthesis.
      thresholds: new AlarmThresholds(
        props.alarms,
        Token.isUnresolved(this.timeoutSeconds) ? this.timeoutLimit : this.timeoutSeconds,
      ),
      dashboard: props.dashboard ?? true,
      alarmActions: props.alarmActions ?? [],
    });
    this.driftAlarms = new DriftAlarms(this, 'DriftAlarms', {
      logGroup: this.logGroup,
      alarms: props.alarms,
      alarmActions: props.alarmActions,
    });
    this.endpoint = this.makeEndpoint(range);
    const { settings } = this.mode;
    if (settings.kind === 'inferenceComponents') this.inferenceComponent = this.makeComponent(settings, range);
    const { adapters = [] } = settings.kind === 'inferenceComponents' ? settings.options : {};
    this.adapters = adapters.map((adapter) => this.makeAdapter(adapter));
    this.scaling = endpointScaling(this, this.mode, range, {
      endpointName: this.endpointName,
      metrics: this.metrics,
      schedule: props.schedule,
      scaled: this.inferenceComponent ?? this.endpoint,
    });
    annotateMonthlyCost(this, {
      idle: runningParts(this.mode, this.server.spec, range),
      atLoad: usageAtLoad(this.mode, range),
    });
    this.warn(range);
  }

  /** ARN of the endpoint. */
  get endpointArn(): string {
    return this.endpoint.ref;
  }

  /** Invocation URL. Requests must be signed with AWS Signature Version 4 for the service `sagemaker`. */
  get url(): string {
    return invocationUrl(this, this.endpointName, this.mode);
  }

  /** Invocation URL, the same as `url`: SageMaker has one route. */
  get predictUrl(): string {
    return this.url;
  }

  /**
   * Shell command that requests a prediction for one row of zeros. It uses curl with the credentials of the AWS
   * environment variables. For an asynchronous endpoint it uses the AWS CLI, uploads the request to the input prefix
   * first, and prints where the response will be. Undefined for servers whose request format is unknown, TorchServe and
   * custom ones, and for `EndpointModelData.multiModel()` and `.fromModelPackage()`, whose models are unknown.
   */
  get predictCommand(): string | undefined {
    if (servesOtherModels(this.props.modelData)) return undefined;
    const example = managedRequest(this.server.spec, this.model);
    if (!example) return undefined;
    const { region } = Stack.of(this);
    const { settings } = this.mode;
    if (settings.kind === 'asynchronous') {
      const { outputBucket, inputBucket = outputBucket } = settings.options;
      const input = inputBucket.s3UrlForObject(`${asyncInputPrefix(settings.options)}example.json`);
      const source = example.body === undefined ? 'cat request.json' : `echo ${shellWord(example.body)}`;
      return (
        `${source} | aws s3 cp --content-type application/json - ${input} && ` +
        `aws sagemaker-runtime invoke-endpoint-async --region ${region} --endpoint-name ${this.endpointName} ` +
        `--content-type application/json --input-location ${input}`
      );
    }
    return predictCommand({
      url: this.predictUrl,
      body: example.body,
      credentials: [
        ...signatureOptions(region, 'sagemaker'),
        ...(this.componentName ? header('X-Amzn-SageMaker-Inference-Component', this.componentName) : []),
      ],
    });
  }

  /**
   * Grants `grantee` permission to invoke this endpoint. Callers of an asynchronous endpoint may also read and write
   * objects under the input prefix and read the responses. The grant includes the KMS keys of these objects.
   *
   * @throws Error if the grant has no effect
   */
  grantInvoke(grantee: IGrantable): Grant {
    return grantTo(this, grantee, () =>
      grantEndpoint(grantee, {
        endpointArn: this.endpointArn,
        componentArns: [...(this.inferenceComponent ? [this.inferenceComponent] : []), ...this.adapters].map(
          ({ attrInferenceComponentArn }) => attrInferenceComponentArn,
        ),
        mode: this.mode,
        streams: this.server.spec.streams,
        encryptionKey: this.props.encryptionKey,
      }),
    );
  }

  /** Metric of the main variant from the namespace `AWS/SageMaker`. @default - average over 1 minute */
  metric(metricName: string, options?: MetricOptions): Metric {
    return this.metrics.metric(metricName, options);
  }

  /** Metric for the number of invocations, or of processed requests if asynchronous. @default - sum over 1 minute */
  metricRequests(options?: MetricOptions): Metric {
    return this.metrics.requests(options);
  }

  /** Metric for the number of invocations that failed in the model or the container. @default - sum over 1 minute */
  metricErrors(options?: MetricOptions): Metric {
    return this.metrics.errors(options);
  }

  /** Metric for the latency of the container, in microseconds. @default - 99th percentile over 1 minute */
  metricLatency(options?: MetricOptions): Metric {
    return this.metrics.latency(options);
  }

  private metricsOf(variantName: string): EndpointMetrics {
    const { endpointName, componentName } = this;
    return new EndpointMetrics({
      endpointName,
      variantName,
      componentName,
      asynchronous: this.mode.kind === 'asynchronous',
    });
  }

  private get server(): ModelServer {
    return serverOf(this.props);
  }

  private get timeoutSeconds(): number {
    return this.props.timeoutSeconds ?? (this.mode.kind === 'asynchronous' ? 900 : DEFAULT_TIMEOUT_SECONDS);
  }

  private get timeoutLimit(): number {
    const { asynchronousTimeoutSeconds, realTimeTimeoutSeconds } = SAGEMAKER;
    return (this.mode.kind === 'asynchronous' ? asynchronousTimeoutSeconds : realTimeTimeoutSeconds).max;
  }

  private securityGroups() {
    const { vpc, securityGroups } = this.props;
    if (!vpc) return [];
    return securityGroups ?? [new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'A SageMaker endpoint' })];
  }

  private makeModels(): { [variant: string]: CfnModel } {
    const { variants = [], shadow } = realTimeOptions(this.mode);
    const vpcConfig = this.vpcConfig();
    const images = new Map<string, PulledImage>();
    const secrets = grantSecrets(this, this.executionRole.resource, this.props.secrets);
    const add = (id: string, model: Model, type?: string): CfnModel => {
      const architecture = architectureOf(type ?? instanceType(this.mode, this.server.spec)).name;
      // Variants may have model formats, packages or tasks that need a different image.
      const { format, requirements, task } = model.manifest;
      const needs = JSON.stringify([architecture, format, requirements, taskPackages(task)]);
      const isRegistered = this.props.modelData?.kind === 'modelPackage';
      const image = isRegistered ? undefined : (images.get(needs) ?? this.image(architecture, model));
      if (image) images.set(needs, image);
      return new ServedModel(this, id, {
        model,
        image,
        architecture,
        server: this.server,
        modelData: this.props.modelData ?? EndpointModelData.fromPackage(),
        role: this.executionRole,
        timeoutSeconds: this.timeoutSeconds,
        startupSeconds: this.props.startupSeconds,
        environment: { ...this.props.environment, ...secrets },
        networkIsolation: this.networkIsolation,
        vpcConfig,
      }).resource;
    };
    return {
      [MAIN_VARIANT]: add('Model', this.props.model),
      ...Object.fromEntries(
        [...variants, ...(shadow ? [shadow] : [])].map(({ name, model, instanceType: type }) => [
          name,
          add(`Model-${name}`, model, type),
        ]),
      ),
    };
  }

  private image(architecture: string, { manifest }: Model): PulledImage {
    const uri = this.server.spec.image;
    const image = uri
      ? pulledImage(this, uri)
      : pullImage(this, this.props.image ?? AwsImage.fromAsset(), {
          architecture,
          root: true,
          manifest,
        });
    requireEcr('ManagedEndpointModel', this, 'image', image);
    this.executionRole.mayPull(image);
    return image;
  }

  private get networkIsolation(): boolean {
    if (this.props.networkIsolation !== undefined) return this.props.networkIsolation;
    // A server that downloads its own weights or secrets needs network access.
    const fetches =
      this.server.layout(this.props.model).length === 0 || Object.keys(this.props.secrets ?? {}).length > 0;
    return !this.props.vpc && !fetches && this.mode.kind !== 'serverless';
  }

  private vpcConfig(): CfnModel.VpcConfigProperty | undefined {
    const { vpc, vpcSubnets } = this.props;
    if (!vpc) return undefined;
    const subnets = vpc.selectSubnets(vpcSubnets);
    requireS3Route(this, 'vpc', vpc, subnets.subnets, 'SageMaker loads the model from S3 through the VPC');
    const securityGroupIds = this.connections.securityGroups.map((group) => group.securityGroupId);
    this.executionRole.mayJoin(vpc, subnets, securityGroupIds);
    return { subnets: subnets.subnetIds, securityGroupIds };
  }

  private makeConfig(range: Replicas): CfnEndpointConfig {
    const { dataCapture, explanations, encryptionKey } = this.props;
    const { settings } = this.mode;
    const components = settings.kind === 'inferenceComponents';
    // Instances must suffice for the copies of every time.
    const limits = components ? extremes(this.props.schedule, range) : range;
    const variants = endpointVariants(this.mode, this.server.spec, limits, this.modelNames(), this.times);
    // The hardware encrypts local instance storage, and SageMaker rejects a KMS key for these instance types. A
    // serverless endpoint has no volumes.
    const types = Object.values(instanceTypes(this.mode, this.server.spec));
    const diskKey = types.length === 0 || types.some(hasLocalStorage) ? undefined : encryptionKey;
    // SageMaker uses the execution role to encrypt the other volumes.
    diskKey?.grantEncryptDecrypt(this.role);
    const config = new CfnEndpointConfig(this, 'Config', {
      productionVariants: variants.production,
      shadowProductionVariants: variants.shadow && [variants.shadow],
      kmsKeyId: diskKey?.keyArn,
      dataCaptureConfig: dataCapture && dataCaptureConfig(dataCapture, this.executionRole, encryptionKey),
      asyncInferenceConfig:
        settings.kind === 'asynchronous'
          ? asyncInferenceConfig(settings.options, this.executionRole, encryptionKey)
          : undefined,
      explainerConfig: explanations && explainerConfig(explanations),
      // With inference components these settings belong to the endpoint, because models are added and removed
      // independently.
      executionRoleArn: components ? this.role.roleArn : undefined,
      enableNetworkIsolation: components ? this.networkIsolation : undefined,
      vpcConfig: components ? this.models[MAIN_VARIANT]!.vpcConfig : undefined,
    });
    config.node.addDependency(this.role);
    return config;
  }

  private modelNames(): { [variant: string]: string } {
    return Object.fromEntries(Object.entries(this.models).map(([name, model]) => [name, model.attrModelName]));
  }

  private get times(): StartTimes {
    const { startupSeconds = START_SECONDS, downloadTimeout = DEFAULT_DOWNLOAD_TIMEOUT } = this.props;
    return {
      containerStartupHealthCheckTimeoutInSeconds: startupSeconds,
      modelDataDownloadTimeoutInSeconds: downloadTimeout.toSeconds(),
    };
  }

  private get rollbackAlarms(): IAlarm[] {
    return this.props.rollbackAlarms ?? [this.telemetry.errorAlarm, this.telemetry.latencyAlarm];
  }

  private makeEndpoint(range: Replicas): CfnEndpoint {
    const { rollout, rollingUpdate } = this.props;
    const { kind } = this.mode;
    const components = kind === 'inferenceComponents';
    // A deployment must keep the instance counts that autoscaling has chosen. Fixed counts come from the props.
    const retains = components || (kind !== 'serverless' && (!isFixed(range) || this.props.schedule !== undefined));
    const hasWeights = hasSeveralVariants(this.mode);
    const endpoint = new CfnEndpoint(this, 'Resource', {
      endpointName: this.endpointName,
      endpointConfigName: this.endpointConfig.attrEndpointConfigName,
      // Each inference component has its own deployment configuration.
      deploymentConfig: components
        ? undefined
        : deploymentConfig(rollout ?? Rollout.allAtOnce(), rollingUpdate, this.rollbackAlarms),
      retainAllVariantProperties: retains || undefined,
      excludeRetainedVariantProperties: retains && hasWeights ? [{ variantPropertyType: 'DesiredWeight' }] : undefined,
    });
    endpoint.node.addDependency(this.logGroup);
    if (this.props.vpc) endpoint.node.addDependency(routesOf(this.props.vpc));
    return endpoint;
  }

  private warn({ min }: Replicas): void {
    const { kind } = this.mode;
    const { rollout, rollingUpdate } = this.props;
    if (kind !== 'serverless' && isPartOfAnInstance(rollout, rollingUpdate, min)) {
      warn(this, 'modelship:partOfAnInstance');
    }
    if (kind === 'serverless') {
      if (min > 0) warn(this, 'modelship:provisionedConcurrency');
    } else if (min > 0 || kind === 'realTime') {
      warn(this, isGpu(instanceType(this.mode, this.server.spec)!) ? 'modelship:idleGpu' : 'modelship:idleInstance');
    } else if (kind === 'inferenceComponents' && min === 0) {
      warn(this, 'modelship:failsWhileWaking');
    }
  }

  private makeComponent(settings: SettingsOf<'inferenceComponents'>, range: Replicas): CfnInferenceComponent {
    const { cpu = 1, gpuCount = 0 } = settings.options;
    return new CfnInferenceComponent(this, 'Component', {
      inferenceComponentName: this.componentName,
      endpointName: this.endpoint.attrEndpointName,
      variantName: MAIN_VARIANT,
      specification: {
        modelName: this.models[MAIN_VARIANT]!.attrModelName,
        computeResourceRequirements: {
          minMemoryRequiredInMb: memoryOf(settings),
          numberOfCpuCoresRequired: cpu,
          numberOfAcceleratorDevicesRequired: gpuCount || undefined,
        },
        startupParameters: this.times,
      },
      runtimeConfig: { copyCount: initialReplicas(range) },
      deploymentConfig: componentDeploymentConfig(this.props.rollingUpdate, this.rollbackAlarms),
    });
  }

  /** Creates the component of an adapter, which runs in the copies of the base component. */
  private makeAdapter({ name, bucket, key }: LoraAdapter): CfnInferenceComponent {
    this.executionRole.mayReadObject(bucket, key);
    const adapter = new CfnInferenceComponent(this, `Adapter-${name}`, {
      inferenceComponentName: name,
      endpointName: this.endpoint.attrEndpointName,
      specification: {
        baseInferenceComponentName: this.componentName,
        container: { artifactUrl: bucket.s3UrlForObject(key) },
      },
    });
    adapter.node.addDependency(this.inferenceComponent!, this.role);
    return adapter;
  }
}
