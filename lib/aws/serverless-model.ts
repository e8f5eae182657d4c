import { ENVIRONMENT, predictPath } from '@modelship/runtime/contract';
import { Duration, RemovalPolicy, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  Architecture,
  type CfnFunction,
  Function as LambdaFunction,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { runsAllMonth, STATED_LOAD } from '../cost/monthly-cost.js';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import { AlarmThresholds } from '../serving/alarms.js';
import { DEFAULT_LOG_RETENTION_DAYS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { inferRequest, instancesBody } from '../serving/example-request.js';
import { predictCommand } from '../serving/predict-command.js';
import { modelVariables } from '../serving/servers/model-variables.js';
import { shellWord } from '../serving/shell-word.js';
import { type FrontContext, type FrontResources, ServerlessFront } from './front.js';
import type { IModelEndpoint, ServerlessModelAttributes } from './imported-endpoint.js';
import { ALIAS_NAME, type AnsweringFront } from './private/lambda/front.js';
import { functionCode } from './private/lambda/function-code.js';
import { importedFunction } from './private/lambda/imported.js';
import { FRONT_TIMEOUT_SECONDS, LAMBDA, RUNTIME_MIB } from './private/lambda/limits.js';
import type { QueueTelemetry } from './private/lambda/queue-telemetry.js';
import { addNetworkAccess, functionRole } from './private/lambda/role.js';
import { ScheduledConcurrency } from './private/lambda/scheduled-concurrency.js';
import type { FunctionTelemetry } from './private/lambda/telemetry.js';
import { TrafficShift } from './private/lambda/traffic-shift.js';
import { validateServerless } from './private/lambda/validation.js';
import { corsOrigins } from './private/shared/cors.js';
import { warn } from './private/shared/cost-warnings.js';
import { credentialOptions } from './private/shared/credential-options.js';
import { DriftAlarms } from './private/shared/drift-alarms.js';
import { grantTo } from './private/shared/grant.js';
import { ImportedEndpoint } from './private/shared/imported-endpoint.js';
import { encryptLogs } from './private/shared/log-encryption.js';
import { annotateMonthlyCost, product } from './private/shared/monthly-cost.js';
import { grantSecrets } from './private/shared/secrets.js';
import { requireS3Route, routesOf } from './private/shared/subnets.js';
import { ServerlessModelData } from './serverless-model-data.js';
import type { ServerlessModelProps } from './serverless-props.js';

const DEFAULT_MEMORY_MIB = 1769;
const DEFAULT_TIMEOUT_SECONDS = 29;

/**
 * Computes the default memory: twice the runtime and model, because loading may briefly hold two copies of the model.
 */
function defaultMemoryMib({ sizeBytes }: Model): number {
  const needed = 2 * (RUNTIME_MIB + Math.ceil(sizeBytes / 2 ** 20));
  return Math.min(LAMBDA.memoryMib.max, Math.max(DEFAULT_MEMORY_MIB, needed));
}

/**
 * Model served by AWS Lambda, by default behind an API Gateway REST API. It scales to zero and authenticates callers
 * with IAM by default.
 *
 * For ONNX models the runtime is a Lambda layer that the models of a stack share, and the function's code is the model;
 * see {@link ServerlessModelData}. For formats that need Python the function is a container image that Docker builds on
 * the deploying machine.
 *
 * @example
 * ```ts
 * import { Model } from 'modelship';
 * import { ServerlessModel } from 'modelship/aws';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model: Model.fromDirectory('models/iris') });
 * endpoint.grantInvoke(role);
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class ServerlessModel extends Construct implements ModelEndpoint<Metric>, IModelEndpoint, IConnectable {
  /**
   * Imports an endpoint of another stack, to allow callers to invoke it and to observe it. It must be in the account and
   * region of this stack, and authenticate callers with IAM.
   *
   * @example
   * ```ts
   * import { ServerlessModel } from 'modelship/aws';
   *
   * const endpoint = ServerlessModel.fromServerlessModelAttributes(stack, 'Iris', {
   *   url: 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/',
   *   functionName: 'Models-Iris',
   *   restApi: { restApiId: 'a1b2c3d4e5', restApiName: 'Models-Iris-Api' },
   * });
   * endpoint.grantInvoke(role);
   * endpoint.metricErrors().createAlarm(stack, 'Failures', { threshold: 1, evaluationPeriods: 1 });
   * ```
   *
   * @throws Error if the attributes name several fronts
   */
  static fromServerlessModelAttributes(
    scope: Construct,
    id: string,
    attributes: ServerlessModelAttributes,
  ): IModelEndpoint {
    return new ImportedEndpoint(scope, id, (endpoint) => importedFunction(endpoint, attributes));
  }

  /** Model package that the function serves. */
  readonly model: Model;
  /** Lambda function. */
  readonly function: LambdaFunction;
  /** Alias that the front invokes. It points to the latest published version of the function. */
  readonly alias: Alias;
  /** Log group of the function. */
  readonly logGroup: LogGroup;
  /** Resources of the front. `front.kind` names the type: with `restApi`, for example, `front.api` is the REST API. */
  readonly front: FrontResources;
  /** Changes of the provisioned concurrency by time. Set for a `schedule`. */
  readonly scheduledConcurrency?: ScheduledConcurrency;
  /** Dashboard and alarms. */
  readonly telemetry: FunctionTelemetry | QueueTelemetry;
  /** Alarms on drift of the requests and on estimated accuracy, with a threshold in `alarms`. */
  readonly driftAlarms: DriftAlarms;
  /** Traffic shifting to new versions. Set for a gradual `rollout`, or one with a gate. */
  readonly trafficShift?: TrafficShift;

  private readonly access: Access;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ServerlessModelProps,
  ) {
    super(scope, id);
    validateServerless(this, props);
    this.model = props.model;
    this.access = props.access ?? Access.cloudIdentity();
    const front = props.front ?? ServerlessFront.restApi();
    const { timeoutSeconds } = this;
    const thresholds = new AlarmThresholds(
      props.alarms,
      Token.isUnresolved(timeoutSeconds) ? FRONT_TIMEOUT_SECONDS[front.kind].max : timeoutSeconds,
    );
    if (props.encryptionKey) encryptLogs(this, props.encryptionKey);
    this.logGroup = new LogGroup(this, 'Logs', {
      ...this.logs,
      removalPolicy: props.logRemovalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.function = this.makeFunction(front);
    this.alias = this.makeAlias();
    this.scheduledConcurrency = this.makeSchedule();
    const bound = front.bind(this, this.frontContext(), {
      handler: this.alias,
      dashboard: props.dashboard ?? true,
      alarmActions: props.alarmActions ?? [],
      thresholds,
    });
    this.front = bound.front;
    this.telemetry = bound.telemetry;
    this.trafficShift = this.makeTrafficShift(thresholds);
    this.driftAlarms = new DriftAlarms(this, 'DriftAlarms', {
      logGroup: this.logGroup,
      alarms: props.alarms,
      alarmActions: props.alarmActions,
    });
    this.stateMonthlyCost();
  }

  /**
   * Security-group connections of the function in its VPC.
   *
   * @throws Error if `vpc` is not set
   */
  get connections(): Connections {
    return this.function.connections;
  }

  /** Base URL of the front, with a trailing `/`. For a queue it is the queue URL. */
  get url(): string {
    return this.front.url;
  }

  /** Prediction URL in TensorFlow Serving's REST API. For a queue it is the queue URL. */
  get predictUrl(): string {
    if (this.front.kind === 'queue') return this.url;
    return `${this.url}${predictPath(this.model.name).slice(1)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with the Open Inference Protocol. It reads the
   * credentials from the AWS environment variables, `API_KEY` or `TOKEN`.
   */
  get predictCommand(): string {
    const { region } = Stack.of(this);
    if (this.front.kind === 'queue') {
      // A queue uses TensorFlow Serving's format unless the message names another path.
      const body = instancesBody(this.model.manifest.inputs);
      const message = body === undefined ? 'file://request.json' : shellWord(body);
      return `aws sqs send-message --region ${region} --queue-url ${this.url} --message-body ${message}`;
    }
    const { path, body } = inferRequest(this.model);
    return predictCommand({
      url: `${this.url}${path.slice(1)}`,
      body,
      credentials: credentialOptions(this.access, region, this.front.signedService),
    });
  }

  /**
   * Grants `grantee` permission to invoke this model through its front.
   *
   * @throws Error if `access` does not authenticate callers with IAM, or if the grant has no effect
   */
  grantInvoke(grantee: IGrantable): Grant {
    if (this.access.kind !== 'cloudIdentity') {
      throw new Error(
        `${this.node.path}: grantInvoke() has no effect with Access.${this.access.kind}(), which does not use IAM; ` +
          'use Access.cloudIdentity()',
      );
    }
    return grantTo(this, grantee, () => this.front.grantInvoke(grantee));
  }

  /** Metric of the function's `live` alias from the namespace `AWS/Lambda`. */
  metric(metricName: string, props?: MetricOptions): Metric {
    return this.alias.metric(metricName, props);
  }

  /** Metric for the number of requests, or of messages sent to the queue. @default - sum over 5 minutes */
  metricRequests(props?: MetricOptions): Metric {
    return this.front.metricRequests(props);
  }

  /**
   * Metric for the number of requests that failed with a server error.
   *
   * @default - sum over 5 minutes
   * @throws Error if the front is a queue, which has no such metric
   */
  metricErrors(props?: MetricOptions): Metric {
    return this.answers.metricErrors(props);
  }

  /**
   * Metric for the time from receiving a request to returning the response, in milliseconds.
   *
   * @default - average over 5 minutes
   * @throws Error if the front is a queue, which has no such metric
   */
  metricLatency(props?: MetricOptions): Metric {
    return this.answers.metricLatency(props);
  }

  /** Metric for the number of invocations that Lambda throttled. @default - sum over 5 minutes */
  metricThrottles(props?: MetricOptions): Metric {
    return this.alias.metricThrottles(props);
  }

  private get answers(): AnsweringFront {
    if (this.front.kind !== 'queue') return this.front;
    throw new Error(
      `${this.node.path}: a queue has no metric for errors and latency of requests. ` +
        'Use the metrics of `front.queue` and `front.deadLetterQueue`, or metric() of the function',
    );
  }

  private get timeoutSeconds(): number {
    return this.props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  }

  private get architecture(): Architecture {
    return this.props.architecture ?? Architecture.ARM_64;
  }

  private get memoryMib(): number {
    return this.props.memoryMib ?? defaultMemoryMib(this.model);
  }

  private get minReplicas(): number {
    return this.props.minReplicas ?? 0;
  }

  private get logs(): LogGroupProps {
    return {
      retention: this.props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS,
      encryptionKey: this.props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }

  private makeFunction(front: ServerlessFront): LambdaFunction {
    const { model, props, architecture } = this;
    const role = functionRole(this, 'Role', this.logGroup, props.role);
    if (props.vpc) addNetworkAccess(role);
    const { modelLocation, readsFromS3, runtimeDigest, ...code } = functionCode(this, {
      model,
      modelData: props.modelData ?? ServerlessModelData.fromPackage(),
      architecture,
      handler: front.handler,
      role,
    });
    const made = new LambdaFunction(this, 'Resource', {
      description: `Serves the model ${model.name}, version ${model.version}`,
      ...code,
      architecture,
      memorySize: this.memoryMib,
      timeout: Duration.seconds(this.timeoutSeconds),
      reservedConcurrentExecutions: front.limitsConcurrency ? undefined : props.maxReplicas,
      environmentEncryption: props.encryptionKey,
      environment: {
        ...props.environment,
        ...modelVariables(model, modelLocation),
        [ENVIRONMENT.timeoutSeconds]: Tokenization.stringifyNumber(this.timeoutSeconds),
        ...front.environment(role),
        ...grantSecrets(this, role, props.secrets),
      },
      logGroup: this.logGroup,
      role,
      tracing: Tracing.ACTIVE,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
      // Earlier versions are retained for manual rollbacks. If CloudFormation rolls back the update that published a
      // version, it deletes that version. Otherwise a retry would fail: Lambda publishes no version identical to the
      // latest one.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    });
    // Without CDK's feature flag `recognizeLayerVersion` a new layer alone does not publish a new version, so the alias
    // would keep the old runtime.
    if (runtimeDigest !== undefined) made.invalidateVersionBasedOn(runtimeDigest);
    if (props.vpc) made.node.addDependency(routesOf(props.vpc));
    if (props.vpc && modelLocation.startsWith('s3://')) {
      const { subnets } = props.vpc.selectSubnets(props.vpcSubnets);
      requireS3Route(this, 'vpc', props.vpc, subnets, 'the function reads the model from S3');
    }
    if (readsFromS3 !== undefined) {
      // CDK has a prop for this only since 2.270. By default Lambda tries direct reads, which fail without the
      // permission.
      const mode = readsFromS3 ? 'ENABLED' : 'DISABLED';
      const resource = made.node.defaultChild as CfnFunction;
      resource.addPropertyOverride('FileSystemConfigs.0.S3FilesConfig.DirectS3Read', mode);
    }
    return made;
  }

  private makeAlias(): Alias {
    const { minReplicas } = this;
    if (minReplicas !== 0) warn(this, 'modelship:provisionedConcurrency');
    return this.function.addAlias(ALIAS_NAME, {
      provisionedConcurrentExecutions: minReplicas === 0 ? undefined : minReplicas,
    });
  }

  private makeSchedule(): ScheduledConcurrency | undefined {
    const { schedule } = this.props;
    if (!schedule) return undefined;
    return new ScheduledConcurrency(this, 'Schedule', { alias: this.alias, minReplicas: this.minReplicas, schedule });
  }

  private frontContext(): FrontContext {
    const { props } = this;
    return {
      model: this.model,
      handler: this.alias,
      architecture: this.architecture,
      access: this.access,
      throttle: props.throttle,
      timeoutSeconds: this.timeoutSeconds,
      logs: this.logs,
      corsOrigins: corsOrigins(props.environment),
      webAcl: props.webAcl,
      accountLogRole: props.apiGatewayLogRole,
      maxReplicas: props.maxReplicas,
      encryptionKey: props.encryptionKey,
    };
  }

  private stateMonthlyCost(): void {
    const processor = this.architecture.name === Architecture.X86_64.name ? 'x86' : 'arm';
    const { requests, seconds } = STATED_LOAD;
    const gib = product(this.memoryMib, 1 / 1024);
    const idle = [
      {
        what: 'provisioned concurrency',
        price: `aws.lambda.pc.${processor}.idle`,
        quantity: product(this.minReplicas, gib),
      },
    ];
    const price = this.minReplicas === 0 ? `aws.lambda.${processor}.gbs` : `aws.lambda.pc.${processor}.run`;
    annotateMonthlyCost(this, {
      idle,
      atLoad: [
        ...runsAllMonth(idle),
        { what: 'compute', price, units: requests * seconds * gib },
        { what: 'requests', price: 'aws.lambda.request', units: requests },
      ],
    });
  }

  private makeTrafficShift(thresholds: AlarmThresholds): TrafficShift | undefined {
    const { rollout, rollbackAlarms, alarmActions = [], encryptionKey } = this.props;
    if (!rollout || (rollout.kind === 'allAtOnce' && !rollout.gate)) return undefined;
    return new TrafficShift(this, 'TrafficShift', {
      model: this.model,
      alias: this.alias,
      logs: this.logs,
      encryptionKey,
      logGroup: this.logGroup,
      rollout,
      rollbackAlarms: rollbackAlarms ?? [this.telemetry.errorAlarm, this.telemetry.latencyAlarm],
      alarmActions,
      thresholds,
    });
  }
}
