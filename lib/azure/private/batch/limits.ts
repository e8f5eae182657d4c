/** Limits of Container Apps jobs: https://learn.microsoft.com/azure/container-apps/jobs */
export const JOB = {
  /** Limit of this construct: a batch that takes over a week is a mistake. */
  timeoutSeconds: { min: 1, max: 604_800, unit: 'seconds', source: 'this construct' },
  nameLength: 32,
} as const;
