import type { ContainerAppJob } from '@cdktf/provider-azurerm/lib/container-app-job';
import type { MonitorMetricAlert } from '@cdktf/provider-azurerm/lib/monitor-metric-alert';
import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { AlarmThresholds } from '../serving/alarms.js';
import {
  BATCH_RETRIES,
  DEFAULT_BATCH_SECONDS,
  DEFAULT_INPUT_PREFIX,
  DEFAULT_OUTPUT_PREFIX,
  placementOf,
} from '../serving/batch-job.js';
import { shellWord } from '../serving/shell-word.js';
import { afterRoles } from '../terraform/after-roles.js';
import { azurerm } from '../terraform/bindings/azurerm.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import type { BatchModelProps } from './batch-props.js';
import type { AzureMetric } from './metric.js';
import { grantReadFolder, grantWriteFolder } from './private/batch/folder-grants.js';
import { JOB } from './private/batch/limits.js';
import { type JobContainer, jobTemplate } from './private/batch/server.js';
import { FAILED_EXECUTIONS, jobTelemetry } from './private/batch/telemetry.js';
import { validateBatch } from './private/batch/validation.js';
import { AppEnvironment, CONSUMPTION, GPU_PROFILE } from './private/container-apps/environment.js';
import { bindImage } from './private/shared/image.js';
import { ModelStore } from './private/shared/model-store.js';
import { AZURE_PRICES } from './private/shared/monthly-cost.js';
import { groupName } from './private/shared/names.js';
import { Placement } from './private/shared/placement.js';
import type { RoleName } from './private/shared/roles.js';
import { azureMetric, Telemetry } from './private/shared/telemetry.js';
import type { AzureServingProps } from './props.js';

/** Version of the API that starts executions. */
const API_VERSION = '2024-03-01';

/** Role that starts and stops executions of a job. */
const STARTER: RoleName = 'Container Apps Jobs Operator';

/**
 * Batch predictions for files of rows in Blob Storage, run by a Container Apps job.
 *
 * Start an execution with the key of a file, or with a prefix, as its argument: `startCommand` is the command. Each
 * execution writes its predictions under `outputPrefix`, in a folder named after the execution. Failed rows are written to
 * the same folder, together with the cause.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel } from 'modelship/azure';
 *
 * const batch = new BatchModel(stack, 'Batch', {
 *   compute: BatchCompute.job({ model }),
 *   location: 'westeurope',
 *   inputContainer: { id: '/subscriptions/…/storageAccounts/rows/blobServices/default/containers/files' },
 * });
 * batch.grantStart('Nightly', '11111111-1111-1111-1111-111111111111');
 * ```
 *
 * @throws ValidationError listing every invalid prop
 */
export class BatchModel extends Construct {
  /** Model package that the job runs. */
  readonly model: Model;
  /** Container Apps job whose executions are the batches. */
  readonly job: ContainerAppJob;
  /** Identity of the replicas, which can read the model and the input files, and write predictions. */
  readonly identity: UserAssignedIdentity;
  /** Storage of the model package. */
  readonly modelStore: ModelStore;
  /** Environment of the job. */
  readonly environment: AppEnvironment;
  /** Storage for the logs, and the alert. */
  readonly telemetry: Telemetry;
  /** Alert on failed executions, which include those that timed out. */
  readonly failureAlarm: MonitorMetricAlert;

  private readonly container: JobContainer;

  constructor(scope: Construct, id: string, props: BatchModelProps) {
    super(scope, id);
    validateBatch(this, props);
    useProviders(this, props.providers);
    const { options } = props.compute.settings;
    this.model = options.model;
    const { inputContainer, outputContainer = inputContainer } = props;
    const { inputPrefix = DEFAULT_INPUT_PREFIX, outputPrefix = DEFAULT_OUTPUT_PREFIX } = props;
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_BATCH_SECONDS;
    const shared: AzureServingProps = { ...placementOf(props), model: options.model, dashboard: false };
    const placement = new Placement(this, 'Placement', shared);
    const name = groupName(this, JOB.nameLength);
    this.telemetry = new Telemetry(this, 'Telemetry', {
      placement,
      props: shared,
      thresholds: new AlarmThresholds({}, timeoutSeconds),
    });
    this.modelStore = new ModelStore(this, 'ModelStore', { placement, props: shared, models: [options.model] });
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    const { principalId, clientId } = this.identity;
    const image = bindImage(this, options.image, placement, shared, principalId);
    const rolesKnown = afterRoles(this, 'RolesKnown', [
      this.modelStore.grantRead(this, 'ModelReader', principalId),
      grantReadFolder(this, 'InputReader', { containerId: inputContainer.id, prefix: inputPrefix }, principalId),
      grantWriteFolder(this, 'OutputWriter', { containerId: outputContainer.id, prefix: outputPrefix }, principalId),
      ...image.ready,
    ]);
    this.environment = new AppEnvironment(this, 'Environment', {
      name,
      placement,
      telemetry: this.telemetry,
      options: { subnet: options.subnet, internal: options.subnet !== undefined, gpu: options.gpu },
    });
    this.container = jobTemplate(options, {
      image: image.uri,
      model: this.modelStore.url(options.model),
      inputContainer,
      outputContainer,
      outputPrefix,
      defaultKey: inputPrefix,
      clientId,
    });
    this.job = new azurerm.ContainerAppJob(this, 'Resource', {
      ...placement.common,
      name,
      containerAppEnvironmentId: this.environment.resource.id,
      workloadProfileName: options.gpu ? GPU_PROFILE : CONSUMPTION,
      replicaTimeoutInSeconds: timeoutSeconds,
      replicaRetryLimit: BATCH_RETRIES,
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 },
      identity: { type: 'UserAssigned', identityIds: [this.identity.id] },
      registry: image.loginServer ? [{ server: image.loginServer, identity: this.identity.id }] : undefined,
      template: { container: [this.container] },
      dependsOn: [...this.modelStore.blobs, rolesKnown, this.environment.agent],
    });
    this.telemetry.watch({ resourceId: this.job.id, ...jobTelemetry() });
    this.failureAlarm = this.telemetry.alerts[0]!;
    annotateMonthlyCost(this, AZURE_PRICES);
  }

  /**
   * Shell command that starts an execution with the Azure CLI, on all files under `inputPrefix`. Replace the argument in
   * `args` with the key of a file to predict only this file. The command repeats the container, because Container Apps takes
   * all of it or nothing from a start.
   */
  get startCommand(): string {
    const { name, image, args, env, cpu, memory } = this.container;
    const body = JSON.stringify({ containers: [{ name, image, args, env, resources: { cpu, memory } }] });
    return `az rest --method post --url "${this.job.id}/start?api-version=${API_VERSION}" --body ${shellWord(body)}`;
  }

  /**
   * Allows a user, group or service principal of Microsoft Entra ID, given by its object id, to start and stop executions of
   * this job. A start can choose the image and the variables of the container, so grant it to those who may use the job's
   * identity.
   */
  grantStart(id: string, principalId: string): RoleAssignment {
    return new azurerm.RoleAssignment(this, id, { scope: this.job.id, roleDefinitionName: STARTER, principalId });
  }

  /** Metric for the number of executions that failed or timed out. */
  metricFailed(): AzureMetric {
    return azureMetric(FAILED_EXECUTIONS, this.job.id);
  }
}
