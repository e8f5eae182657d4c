import type { ContainerAppJobTemplateContainer } from '@cdktf/provider-azurerm/lib/container-app-job';
import { Fn, Token } from 'cdktf';
import { batchEnvironment } from '../../../terraform/batch-environment.js';
import type { JobOptions } from '../../batch-compute.js';
import type { AzureBlobContainer } from '../../props.js';
import { replicaSize } from '../container-apps/app.js';

/** Places of a batch, and values of its job that the construct determines. */
export interface JobTemplateOptions {
  readonly image: string;
  /** URL of the model's folder. */
  readonly model: string;
  readonly inputContainer: AzureBlobContainer;
  readonly outputContainer: AzureBlobContainer;
  readonly outputPrefix: string;
  /** Key that an execution without arguments gets. */
  readonly defaultKey: string;
  /** Client id of the identity of the replica. */
  readonly clientId: string;
}

/** Container of a job, as a template in Terraform. */
export type JobContainer = ContainerAppJobTemplateContainer & {
  readonly args: string[];
  readonly env: { readonly name: string; readonly value: string }[];
};

/** Creates the container of the executions. */
export function jobTemplate(
  options: JobOptions,
  { image, model, inputContainer, outputContainer, outputPrefix, defaultKey, clientId }: JobTemplateOptions,
): JobContainer {
  const { cpu, memoryGib } = replicaSize(options);
  const environment = {
    ...batchEnvironment(options, {
      model,
      input: containerUrl(inputContainer),
      output: `${containerUrl(outputContainer)}${outputPrefix}`,
    }),
    // A job may have several identities, so token requests must name one.
    AZURE_CLIENT_ID: clientId,
  };
  return {
    name: 'runtime',
    image,
    cpu,
    memory: `${memoryGib}Gi`,
    args: [defaultKey],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
  };
}

/** Places of the storage account and of the container in the parts of a resource id. */
const ACCOUNT_PART = 8;
const CONTAINER_PART = 12;

/** Returns the URL of a container, with a trailing slash. */
function containerUrl({ id }: AzureBlobContainer): string {
  const parts = id.split('/');
  const part = (index: number) => (Token.isUnresolved(id) ? Fn.element(Fn.split('/', id), index) : parts[index]!);
  return `https://${part(ACCOUNT_PART)}.blob.core.windows.net/${part(CONTAINER_PART)}/`;
}
