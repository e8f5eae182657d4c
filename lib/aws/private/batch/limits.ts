/** https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
export const BATCH = {
  rowsPerRequest: { min: 1, max: 10_000, source: 'this construct' },
  concurrency: { min: 1, max: 10_000, source: 'a Distributed Map of Step Functions' },
  toleratedFailurePercent: { min: 0, max: 100, unit: 'percent', source: 'Step Functions' },
  /** A year is what Step Functions allows; a batch of a week is a mistake. */
  timeoutHours: { min: 1, max: 168, unit: 'hours', source: 'this construct' },
  /** Of what is passed from one state to another, the rows of a request among them. */
  stateBytes: 256 * 1024,
  /** Of them, for what is around the rows: where the request goes, and the headers of the answer. */
  envelopeBytes: 4 * 1024,
  /** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
  transformInstances: { min: 1, max: 100, source: 'a SageMaker batch transform job' },
  transformConcurrency: { min: 1, max: 100, source: 'a SageMaker batch transform job' },
  transformSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'a SageMaker batch transform job' },
} as const;
