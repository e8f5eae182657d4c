import { Duration, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type Alarm, MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AlarmThresholds } from '../serving/alarms.js';
import { DEFAULT_INPUT_PREFIX, DEFAULT_OUTPUT_PREFIX } from '../serving/batch-job.js';
import { DEFAULT_LOG_RETENTION_DAYS } from '../serving/defaults.js';
import { ModelServer } from '../serving/servers/model-server.js';
import type { BatchComputeSettings, TransformOptions } from './batch-compute.js';
import type { BatchModelProps } from './batch-props.js';
import { EndpointModelData } from './endpoint-model-data.js';
import { AwsImage, pullImage } from './image.js';
import { mapDefinition } from './private/batch/map-definition.js';
import { BatchRole } from './private/batch/role.js';
import { transformDefinition } from './private/batch/transform-definition.js';
import { transformSize } from './private/batch/transform-size.js';
import { validateBatch } from './private/batch/validation.js';
import { requireEcr } from './private/sagemaker/image-validation.js';
import { hasLocalStorage, isArm } from './private/sagemaker/limits.js';
import { ExecutionRole } from './private/sagemaker/role.js';
import { ServedModel } from './private/sagemaker/served-model.js';
import { encryptLogs } from './private/shared/log-encryption.js';
import { ServiceAlarms } from './private/shared/service-alarms.js';

const DEFAULT_TIMEOUT = Duration.hours(24);
const PERIOD = Duration.minutes(5);
/** Limit of the prefix: a job name has at most 63 characters, and a hyphen and a UUID take 37 of them. */
const JOB_PREFIX_LENGTH = 26;

/**
 * Batch predictions for files of rows in S3, run by a Step Functions state machine.
 *
 * Start an execution with the input `{"key": "…"}`, where the key is a file, or a prefix for batch transform. Each
 * execution writes its predictions under `outputPrefix`, in a folder named after the execution. Failed rows are written
 * to the same folder, together with the cause.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel } from 'modelship/aws';
 *
 * const batch = new BatchModel(stack, 'Batch', { compute: BatchCompute.transform({ model }), inputBucket: bucket });
 * batch.grantStart(role);
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class BatchModel extends Construct {
  /** State machine whose executions are the batches. */
  readonly stateMachine: CfnStateMachine;
  /** Execution role of the state machine. */
  readonly role: BatchRole;
  /** Log group of the state machine. */
  readonly logGroup: LogGroup;
  /** Alarm on failed and timed-out executions. */
  readonly failureAlarm: Alarm;
  /** SageMaker model. Set for `BatchCompute.transform()`. */
  readonly transformModel?: CfnModel;

  private readonly name: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BatchModelProps,
  ) {
    super(scope, id);
    validateBatch(this, props);
    // The role's policy refers to the state machine by name, so the name must be known before the resource exists.
    this.name = Names.uniqueResourceName(this, { maxLength: 80, separator: '-' });
    this.role = new BatchRole(this, 'Role');
    if (props.encryptionKey) encryptLogs(this, props.encryptionKey);
    this.logGroup = new LogGroup(this, 'Logs', {
      // For log groups without this prefix Step Functions adds a resource policy, and an account may have only ten.
      logGroupName: `/aws/vendedlogs/states/${this.name}`,
      retention: (props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS) as RetentionDays,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { settings } = props.compute;
    let state: object;
    if (settings.kind === 'transform') {
      this.transformModel = this.makeTransformModel(settings.options);
      state = this.transform(settings.options, this.transformModel);
    } else {
      state = this.map(settings);
    }
    const timeoutSeconds = (props.timeout ?? DEFAULT_TIMEOUT).toSeconds();
    this.stateMachine = new CfnStateMachine(this, 'Resource', {
      stateMachineName: this.name,
      roleArn: this.role.roleArn,
      definitionString: Stack.of(this).toJsonString({
        StartAt: 'Predictions',
        TimeoutSeconds: timeoutSeconds,
        States: { Predictions: state },
      }),
      loggingConfiguration: {
        level: 'ALL',
        // Rows and predictions may be confidential, so they must stay in the buckets and out of the logs.
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: this.logGroup.logGroupArn } }],
      },
      tracingConfiguration: { enabled: true },
    });
    this.stateMachine.node.addDependency(this.role);
    this.failureAlarm = new ServiceAlarms(this, props.alarmActions ?? [], new AlarmThresholds({}, timeoutSeconds)).add(
      'Failures',
      {
        metric: new MathExpression({
          expression: 'FILL(failed, 0) + FILL(timedOut, 0)',
          usingMetrics: { failed: this.metricFailed(), timedOut: this.metricTimedOut() },
          label: 'Failures',
          period: PERIOD,
        }),
        threshold: 1,
        evaluationPeriods: 1,
        alarmDescription: 'A batch failed or timed out. The output bucket holds the failed rows and their causes.',
      },
    );
  }

  /** Grants `grantee` permission to start executions. It does not grant access to the objects in the buckets. */
  grantStart(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['states:StartExecution'],
      resourceArns: [this.stateMachine.ref],
    });
  }

  /** Metric for the number of failed executions. @default - sum over 5 minutes */
  metricFailed(options?: MetricOptions): Metric {
    return this.metric('ExecutionsFailed', { statistic: 'Sum', ...options });
  }

  /** Metric for the number of executions that timed out after `timeout`. @default - sum over 5 minutes */
  metricTimedOut(options?: MetricOptions): Metric {
    return this.metric('ExecutionsTimedOut', { statistic: 'Sum', ...options });
  }

  /** Metric of the state machine from the namespace `AWS/States`. @default - average over 5 minutes */
  metric(metricName: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/States',
      metricName,
      dimensionsMap: {
        StateMachineArn: Stack.of(this).formatArn({
          service: 'states',
          resource: `stateMachine:${this.name}`,
        }),
      },
      period: PERIOD,
      ...options,
    });
  }

  private get output() {
    const { inputBucket, outputBucket = inputBucket, outputPrefix = DEFAULT_OUTPUT_PREFIX } = this.props;
    return { outputBucket, outputPrefix };
  }

  private get inputPrefix(): string {
    return this.props.inputPrefix ?? DEFAULT_INPUT_PREFIX;
  }

  private map({ service, options }: Extract<BatchComputeSettings, { kind: 'service' }>): object {
    const { inputBucket } = this.props;
    const { outputBucket, outputPrefix } = this.output;
    service.grantInvoke(this.role);
    this.role.mayMap(inputBucket, this.inputPrefix, outputBucket, outputPrefix);
    this.role.allowNestedExecution(this.name);
    const front = 'front' in service ? service.front : undefined;
    return mapDefinition({
      host: Fn.select(2, Fn.split('/', service.url)),
      stage: front?.kind === 'restApi' ? front.api.deploymentStage.stageName : undefined,
      path: `/${service.predictUrl.slice(service.url.length).replace(/^\//, '')}`,
      model: service.model,
      inputBucketName: inputBucket.bucketName,
      outputBucketName: outputBucket.bucketName,
      outputPrefix,
      options,
    });
  }

  private makeTransformModel(options: TransformOptions): CfnModel {
    const { model, image, instanceType, timeoutSeconds } = { ...options, ...transformSize(options) };
    const { inputBucket, encryptionKey } = this.props;
    const { outputBucket, outputPrefix } = this.output;
    const { logGroupArn } = this.transformLogs;
    const role = new ExecutionRole(this, 'ModelRole', { logGroupArn });
    role.allow(new PolicyStatement({ actions: ['logs:CreateLogGroup'], resources: [logGroupArn] }));
    const architecture = isArm(instanceType) ? 'arm64' : 'amd64';
    const pulled = pullImage(this, image ?? AwsImage.fromAsset(), {
      architecture,
      root: true,
      manifest: model.manifest,
    });
    requireEcr('BatchModel', this, 'compute.image', pulled);
    role.mayPull(pulled);
    role.mayReadPrefix(inputBucket, this.inputPrefix);
    role.mayWritePrefix(outputBucket, outputPrefix, encryptionKey);
    return new ServedModel(this, 'Model', {
      model,
      image: pulled,
      architecture,
      server: ModelServer.modelship(),
      modelData: EndpointModelData.fromPackage(),
      role,
      timeoutSeconds,
      environment: {},
      networkIsolation: true,
    }).resource;
  }

  /** Log group of all transform jobs of the account. SageMaker creates it, so it may already exist. */
  private get transformLogs() {
    return LogGroup.fromLogGroupName(this, 'TransformLogs', '/aws/sagemaker/TransformJobs');
  }

  private transform(options: TransformOptions, model: CfnModel): object {
    const jobPrefix = Names.uniqueResourceName(this, { maxLength: JOB_PREFIX_LENGTH, separator: '-' }).toLowerCase();
    this.role.mayTransform(jobPrefix);
    const { encryptionKey } = this.props;
    // The hardware encrypts local instance storage, and SageMaker rejects a KMS key for these instance types.
    const diskKey = hasLocalStorage(transformSize(options).instanceType) ? undefined : encryptionKey;
    if (diskKey) this.role.mayEncryptDisks(diskKey);
    const { outputBucket, outputPrefix } = this.output;
    return transformDefinition({
      modelName: model.attrModelName,
      jobPrefix,
      inputBucketName: this.props.inputBucket.bucketName,
      outputBucketName: outputBucket.bucketName,
      outputPrefix,
      outputKeyId: encryptionKey?.keyArn,
      diskKeyId: diskKey?.keyArn,
      options,
    });
  }
}
