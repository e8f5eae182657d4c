import type { CloudRunV2Job } from '@cdktf/provider-google/lib/cloud-run-v2-job';
import type { CloudRunV2JobIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-job-iam-member';
import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { DEFAULT_INPUT_PREFIX, DEFAULT_OUTPUT_PREFIX, placementOf } from '../serving/batch-job.js';
import { afterRoles } from '../terraform/after-roles.js';
import { google } from '../terraform/bindings/google.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import { stateRequirements } from '../terraform/requirements.js';
import type { BatchModelProps } from './batch-props.js';
import type { GoogleMetric } from './metric.js';
import { type BucketFolder, grantCreateInFolder, grantReadFolder } from './private/batch/folder-grants.js';
import { JOB } from './private/batch/limits.js';
import { jobTemplate } from './private/batch/server.js';
import { type JobTelemetry, jobTelemetry } from './private/batch/telemetry.js';
import { validateBatch } from './private/batch/validation.js';
import { enableApis } from './private/shared/apis.js';
import { grantKey } from './private/shared/encryption.js';
import { bindImage } from './private/shared/image.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from './private/shared/limits.js';
import { LogRetention } from './private/shared/log-retention.js';
import { grantId, requireMember } from './private/shared/member.js';
import { ModelStore } from './private/shared/model-store.js';
import { GOOGLE_PRICES } from './private/shared/monthly-cost.js';
import { generatedName } from './private/shared/names.js';
import { GOOGLE_PROVIDER } from './private/shared/provider-versions.js';
import { serviceAgent } from './private/shared/service-agent.js';
import { googleMetric, thresholdPolicy } from './private/shared/telemetry.js';
import type { GoogleServingProps } from './props.js';

/**
 * Batch predictions for files of rows in Cloud Storage, run by a Cloud Run job.
 *
 * Start an execution with the key of a file, or with a prefix, as its argument: `startCommand` is the command. Each
 * execution writes its predictions under `outputPrefix`, in a folder named after the execution. Failed rows are written to
 * the same folder, together with the cause.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel } from 'modelship/gcp';
 *
 * const batch = new BatchModel(stack, 'Batch', {
 *   compute: BatchCompute.job({ model }),
 *   region: 'europe-west4',
 *   inputBucket: 'rows',
 * });
 * batch.grantStart('serviceAccount:nightly@my-project.iam.gserviceaccount.com');
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class BatchModel extends Construct {
  /** Model package that the job runs. */
  readonly model: Model;
  /** Cloud Run job whose executions are the batches. */
  readonly job: CloudRunV2Job;
  /** Service account of the instances, which can read the model and the input files, and create predictions. */
  readonly serviceAccount: ServiceAccount;
  /** Bucket with the model package. */
  readonly modelStore: ModelStore;
  /** Log bucket of the job, and the sink that fills it. */
  readonly logRetention: LogRetention;
  /** Alert policy on failed executions, which include those that timed out. */
  readonly failureAlarm: MonitoringAlertPolicy;

  private readonly inputPrefix: string;
  private readonly telemetry: JobTelemetry;

  constructor(scope: Construct, id: string, props: BatchModelProps) {
    super(scope, id);
    stateRequirements(this, GOOGLE_PROVIDER);
    validateBatch(this, props);
    useProviders(this, props.providers);
    const { options } = props.compute.settings;
    this.model = options.model;
    this.inputPrefix = props.inputPrefix ?? DEFAULT_INPUT_PREFIX;
    const { inputBucket, outputBucket = inputBucket, outputPrefix = DEFAULT_OUTPUT_PREFIX } = props;
    const shared: GoogleServingProps = { ...placementOf(props), model: options.model, image: options.image };
    const name = generatedName(this, JOB.nameLength);
    this.modelStore = new ModelStore(this, 'ModelStore', { props: shared });
    this.serviceAccount = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: `Predicts batches of the model ${options.model.name}`,
    });
    const image = bindImage(this, shared, () => serviceAgent(this, props.project, 'run'));
    const ready = this.prerequisites(shared, {
      input: { bucket: inputBucket, prefix: this.inputPrefix },
      output: { bucket: outputBucket, prefix: outputPrefix },
    });
    this.job = new google.CloudRunV2Job(this, 'Resource', {
      name,
      project: props.project,
      location: props.region,
      labels: props.labels,
      deletionProtection: false,
      template: jobTemplate(this, props, {
        image: image.uri,
        serviceAccount: this.serviceAccount,
        modelStore: this.modelStore,
        input: `gs://${inputBucket}/`,
        output: `gs://${outputBucket}/${outputPrefix}`,
        defaultKey: this.inputPrefix,
      }),
      dependsOn: [...image.ready, ...ready],
    });
    this.telemetry = jobTelemetry(name);
    this.logRetention = new LogRetention(this, 'Logs', { props: shared, filter: this.telemetry.logFilter });
    this.failureAlarm = thresholdPolicy(this, this, props, this.telemetry.alarm);
    annotateMonthlyCost(this, GOOGLE_PRICES);
    enableApis(this, shared, ['run']);
  }

  /**
   * Shell command that starts an execution with `gcloud`, on all files under `inputPrefix`. Replace the argument with the key
   * of a file to predict only this file.
   */
  get startCommand(): string {
    const { name, location, project } = this.job;
    return `gcloud run jobs execute ${name} --region ${location} --project ${project} --args '${this.inputPrefix}'`;
  }

  /**
   * Allows `member` to start executions and to cancel them. It does not grant access to the objects in the buckets.
   *
   * @param member an IAM member, such as `serviceAccount:nightly@project.iam.gserviceaccount.com`
   * @throws Error if `member` is not an IAM member or stands for everyone
   */
  grantStart(member: string): CloudRunV2JobIamMember {
    requireMember(this, member, 'Name the identity that starts batches', 'grantStart');
    return new google.CloudRunV2JobIamMember(this, grantId(this, 'Starter', member), {
      project: this.job.project,
      location: this.job.location,
      name: this.job.name,
      // The key is an argument, and arguments of one execution override those of the job.
      role: 'roles/run.jobsExecutorWithOverrides',
      member,
    });
  }

  /** Metric for the number of executions that failed or timed out. */
  metricFailed(): GoogleMetric {
    return googleMetric(this.telemetry.metricType, '1', this.telemetry.failed);
  }

  /** Creates the resources that must exist before an execution starts. */
  private prerequisites(
    props: GoogleServingProps,
    { input, output }: { readonly input: BucketFolder; readonly output: BucketFolder },
  ): ITerraformDependable[] {
    const { member } = this.serviceAccount;
    const key = props.encryptionKey;
    const agent = key && serviceAgent(this, props.project, 'run');
    const roles = [
      this.modelStore.grantRead(member),
      grantReadFolder(this, 'InputReader', input, member),
      // An instance that is started again looks for the files that are finished.
      grantReadFolder(this, 'OutputReader', output, member),
      grantCreateInFolder(this, 'OutputCreator', output, member),
      ...(agent ? [grantKey(this, 'JobKey', key, agent)] : []),
    ];
    return [...this.modelStore.objects, afterRoles(this, 'RolesKnown', roles)];
  }
}
