import type { Range } from '../../../serving/validation/validator.js';

/** https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas#azure-machine-learning-online-endpoints-and-batch-endpoints */
export const AZURE_ML = {
  name: {
    pattern: /^[a-zA-Z](?:[a-zA-Z0-9-]{1,30})[a-zA-Z0-9]$/,
    rule: 'an Azure ML endpoint has 3 to 32 letters, digits and hyphens, starting with a letter and not ending with a hyphen',
    maxLength: 32,
  },
  timeoutSeconds: { min: 1, max: 180, unit: 'seconds', source: 'an Azure ML managed online endpoint' },
  instances: { min: 1, max: 50, source: 'an Azure ML deployment' },
  /** The service's default is 1, far too few for a server that batches. */
  concurrency: { min: 1, max: 1000, source: 'Azure ML (maxConcurrentRequestsPerInstance)' },
  startupSeconds: { min: 60, max: 3600, unit: 'seconds', source: 'ManagedEndpointModel' },
  deployments: 20,
  mirrorPercent: { min: 1, max: 50, unit: 'percent', source: 'Azure ML (mirrorTraffic)' },
} as const;

/** https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
export const FUNCTIONS = {
  /** https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout: the load balancer gives up after it. */
  timeoutSeconds: { min: 1, max: 230, unit: 'seconds', source: 'Azure Functions over HTTP' },
  instances: { min: 1, max: 1000, source: 'the Flex Consumption plan' },
  alwaysReady: { min: 0, max: 1000, source: 'the Flex Consumption plan (always ready instances)' },
  concurrency: { min: 1, max: 1000, source: 'the Flex Consumption plan (HTTP concurrency)' },
  memoryMib: [512, 2048, 4096] as readonly number[],
  nameLength: 60,
} as const;

/** https://learn.microsoft.com/azure/container-apps/ */
export const CONTAINER_APPS = {
  /** https://learn.microsoft.com/azure/container-apps/ingress-overview: the ingress gives up after it. */
  timeoutSeconds: { min: 1, max: 240, unit: 'seconds', source: 'the ingress of Azure Container Apps' },
  replicas: { min: 0, max: 1000, source: 'Azure Container Apps' },
  concurrency: { min: 1, max: 10_000, source: 'Azure Container Apps (HTTP scale rule)' },
  /** https://learn.microsoft.com/azure/container-apps/containers#configuration: vCPUs of the Consumption profile. */
  cpu: { min: 0.25, max: 4, fraction: true, source: 'the Consumption profile of Azure Container Apps' },
  /** GiB of memory that go with a vCPU; the profile takes no other ratio. */
  memoryPerCpuGib: 2,
  nameLength: 32,
  /** A probe may fail this often before the replica is started again. */
  probeFailures: 10,
} as const;

/** https://learn.microsoft.com/azure/aks/quotas-skus-regions */
export const AKS = {
  nodes: { min: 0, max: 1000, source: 'a node pool of AKS' },
  /** A DNS prefix of a cluster has 54 characters, and Kubernetes names a few less. */
  nameLength: 40,
  timeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'ContainerModel' },
} as const;

/** https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure */
export const LOG_RETENTION_DAYS: Range = { min: 30, max: 730, unit: 'days', source: 'a Log Analytics workspace' };

export const LOCATION = {
  pattern: /^[a-z]+[a-z0-9]*$/,
  rule: 'give the region by its short name, in lower case without spaces, such as `westeurope`',
};

/** The service to which a subnet of Flex Consumption and of Container Apps must be delegated. */
export const APP_ENVIRONMENTS = 'Microsoft.App/environments';
