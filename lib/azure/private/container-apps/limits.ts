/** Limits of Azure Container Apps: https://learn.microsoft.com/azure/container-apps/ */
export const CONTAINER_APPS = {
  /** Request timeout of the ingress: https://learn.microsoft.com/azure/container-apps/ingress-overview */
  timeoutSeconds: { min: 1, max: 240, unit: 'seconds', source: 'the ingress of Azure Container Apps' },
  replicas: { min: 0, max: 1000, source: 'Azure Container Apps' },
  /** Default number of concurrent requests of a replica. */
  defaultConcurrency: 50,
  concurrency: { min: 1, max: 10_000, source: 'Azure Container Apps (HTTP scale rule)' },
  /**
   * vCPUs of a replica on the Consumption profile:
   * https://learn.microsoft.com/azure/container-apps/containers#configuration
   */
  cpu: { min: 0.25, max: 4, fraction: true, source: 'the Consumption profile of Azure Container Apps' },
  /** GiB of memory per vCPU. The profile supports no other ratio. */
  memoryPerCpuGib: 2,
  nameLength: 32,
  /** Consecutive probe failures before the replica is restarted. */
  probeFailures: 10,
} as const;
