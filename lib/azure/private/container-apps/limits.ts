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
