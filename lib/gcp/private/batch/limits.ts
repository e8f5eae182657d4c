/** Limits of Cloud Run jobs: https://cloud.google.com/run/quotas */
export const JOB = {
  /** https://cloud.google.com/run/docs/configuring/task-timeout */
  timeoutSeconds: { min: 1, max: 604_800, unit: 'seconds', source: 'a Cloud Run job' },
  instances: { min: 1, max: 10_000, source: 'a Cloud Run job' },
  /** Maximum length without the suffix of the executions, whose names are labels. */
  nameLength: 49,
} as const;
