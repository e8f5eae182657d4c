/** What AWS allows. Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, and of API Gateway
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const LAMBDA = {
  memoryMib: { min: 128, max: 10_240, unit: 'MiB', source: 'AWS Lambda' },
  /** Of the function's code and its layers together, unzipped. */
  maxCodeBytes: 250 * 2 ** 20,
  /** `/tmp`, where a model from S3 is put. */
  minTmpMib: 512,
  maxTmpMib: 10_240,
  /** How many environments an account may have; most accounts start with 1,000. */
  replicas: { min: 0, max: 100_000, source: 'AWS Lambda' },
} as const;

export const REST_API = {
  timeoutSeconds: { min: 1, max: 29, unit: 'seconds', source: 'an API Gateway REST API' },
  requestsPerSecond: { min: 0.01, max: 100_000, fraction: true, source: 'API Gateway' },
  burst: { min: 0, max: 100_000, source: 'API Gateway' },
  requestsPerDay: { min: 1, max: 2 ** 31 - 1, source: 'API Gateway' },
} as const;

/** Bytes that the layer with the runtime takes of the code's 250 MiB, with room to grow. */
export const RUNTIME_BYTES = 64 * 2 ** 20;
