import type { CloudRunV2JobTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-job';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { Construct } from 'constructs';
import { BATCH_RETRIES, DEFAULT_BATCH_SECONDS } from '../../../serving/batch-job.js';
import { MODEL_MOUNT } from '../../../serving/defaults.js';
import { batchEnvironment } from '../../../terraform/batch-environment.js';
import type { BatchModelProps } from '../../batch-props.js';
import { cloudRunSize, EXECUTION_ENVIRONMENT, gpuSelector, instanceLimits, modelMount } from '../cloud-run/server.js';
import type { ModelStore } from '../shared/model-store.js';
import { projectVariables } from '../shared/project.js';

/** Values of a job that the construct determines. */
export interface JobTemplateOptions {
  readonly image: string;
  readonly serviceAccount: ServiceAccount;
  readonly modelStore: ModelStore;
  /** URL of the bucket with the input files. It ends with a slash. */
  readonly input: string;
  /** URL of the folder for the predictions. It ends with a slash. */
  readonly output: string;
  /** Key that an execution without arguments gets. */
  readonly defaultKey: string;
}

/** Creates the template of the executions: their tasks, the container and its volume. */
export function jobTemplate(
  scope: Construct,
  props: BatchModelProps,
  { image, serviceAccount, modelStore, input, output, defaultKey }: JobTemplateOptions,
): CloudRunV2JobTemplate {
  const { options } = props.compute.settings;
  const { gpu, instanceCount = 1 } = options;
  const { volumes, volumeMounts } = modelMount(modelStore);
  const environment = {
    ...batchEnvironment(options, { model: `${MODEL_MOUNT}/${modelStore.prefix}`, input, output }),
    ...projectVariables(scope, props.project),
  };
  return {
    taskCount: instanceCount,
    parallelism: instanceCount,
    ...(props.labels ? { labels: props.labels } : {}),
    template: {
      serviceAccount: serviceAccount.email,
      executionEnvironment: EXECUTION_ENVIRONMENT,
      timeout: `${props.timeoutSeconds ?? DEFAULT_BATCH_SECONDS}s`,
      maxRetries: BATCH_RETRIES,
      ...(props.encryptionKey ? { encryptionKey: props.encryptionKey } : {}),
      ...gpuSelector(gpu),
      volumes,
      containers: [
        {
          image,
          args: [defaultKey],
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          resources: { limits: instanceLimits(cloudRunSize(options), gpu) },
          volumeMounts,
        },
      ],
    },
  };
}
