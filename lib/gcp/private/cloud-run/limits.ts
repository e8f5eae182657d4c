/** https://cloud.google.com/run/docs/configuring, https://cloud.google.com/run/quotas */
export const CLOUD_RUN = {
  concurrency: { min: 1, max: 1000, source: 'Cloud Run' },
  timeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'Cloud Run' },
  // A volume needs the second-generation execution environment, which starts at 512 MiB and one CPU.
  memoryMib: { min: 512, max: 32_768, unit: 'MiB', source: 'Cloud Run with a volume' },
  /** Bounds the cost, and is within the CPU quota of a new project. */
  defaultMaxInstances: 10,
  instances: { min: 0, max: 1000, source: 'Cloud Run' },
  /** Memory in MiB that each CPU count allows at most and asks for at least. */
  cpus: new Map([
    [1, { min: 512, max: 4096 }],
    [2, { min: 512, max: 8192 }],
    [4, { min: 2048, max: 16_384 }],
    [6, { min: 4096, max: 24_576 }],
    [8, { min: 4096, max: 32_768 }],
  ]),
  /** Seconds a container may take until its startup probe succeeds. */
  startupSeconds: 240,
  /** What an instance with a GPU has at least: https://cloud.google.com/run/docs/configuring/services/gpu */
  gpu: {
    minCpus: 4,
    minMemoryMib: 16_384,
    /** Quota of a project that has asked for none. */
    defaultMaxInstances: 3,
  },
  /** Where each GPU is offered; the same page. */
  gpuRegions: new Map([
    ['nvidia-l4', ['asia-south1', 'asia-southeast1', 'europe-west1', 'europe-west4', 'us-central1', 'us-east4']],
  ]),
  serviceName: {
    pattern: /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/,
    rule: 'Cloud Run allows at most 49 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen',
    maxLength: 49,
  },
} as const;
