/** Limits of Cloud Run: https://cloud.google.com/run/docs/configuring, https://cloud.google.com/run/quotas */
export const CLOUD_RUN = {
  /** Default number of concurrent requests of an instance. */
  defaultConcurrency: 80,
  concurrency: { min: 1, max: 1000, source: 'Cloud Run' },
  timeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'Cloud Run' },
  // Volumes need the second-generation execution environment, whose minimum is 512 MiB and one CPU.
  memoryMib: { min: 512, max: 32_768, unit: 'MiB', source: 'Cloud Run with a volume' },
  /** Default maximum, which bounds the cost and fits the CPU quota of a new project. */
  defaultMaxInstances: 10,
  instances: { min: 0, max: 1000, source: 'Cloud Run' },
  /** Allowed memory range for each CPU count, in MiB. */
  cpus: new Map([
    [1, { min: 512, max: 4096 }],
    [2, { min: 512, max: 8192 }],
    [4, { min: 2048, max: 16_384 }],
    [6, { min: 4096, max: 24_576 }],
    [8, { min: 4096, max: 32_768 }],
  ]),
  /** Maximum time until the startup probe must succeed, in seconds. */
  startupSeconds: 240,
  /** Minimum size of an instance with a GPU: https://cloud.google.com/run/docs/configuring/services/gpu */
  gpu: {
    minCpus: 4,
    minMemoryMib: 16_384,
    /** Default GPU quota of a project. */
    defaultMaxInstances: 3,
  },
  /** Regions of each GPU type, from the same page. */
  gpuRegions: new Map([
    ['nvidia-l4', ['asia-south1', 'asia-southeast1', 'europe-west1', 'europe-west4', 'us-central1', 'us-east4']],
  ]),
  serviceName: {
    pattern: /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/,
    rule: 'Cloud Run allows at most 49 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen',
    maxLength: 49,
  },
} as const;
