/** https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
export const BATCH = {
  rowsPerRequest: { min: 1, max: 10_000, source: 'this construct' },
  concurrency: { min: 1, max: 10_000, source: 'a Distributed Map of Step Functions' },
  toleratedFailurePercent: { min: 0, max: 100, unit: 'percent', source: 'Step Functions' },
  /** Limit of this construct: Step Functions allows a year, but a batch that takes over a week is a mistake. */
  timeoutSeconds: { min: 60, max: 604_800, unit: 'seconds', source: 'this construct' },
  /** Limit for the data passed between states, including the rows of a request. */
  stateBytes: 256 * 1024,
  /** Part of `stateBytes` reserved for what surrounds the rows: the request's target, and the response headers. */
  envelopeBytes: 4 * 1024,
  /** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
  transformInstances: { min: 1, max: 100, source: 'a SageMaker batch transform job' },
  transformConcurrency: { min: 1, max: 100, source: 'a SageMaker batch transform job' },
  transformSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'a SageMaker batch transform job' },
} as const;
