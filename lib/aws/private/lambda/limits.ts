import type { Range } from '../../../serving/validation/validator.js';
import type { ServerlessFrontKind } from '../../front-options.js';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LAMBDA = {
  memoryMib: { min: 128, max: 10_240, unit: 'MiB', source: 'AWS Lambda' },
  /** Limit for the function's code and its layers together, unzipped. */
  maxCodeBytes: 250 * 2 ** 20,
  /** Limit for an unpacked image. */
  maxImageBytes: 10 * 2 ** 30,
  /** Range of the size of `/tmp`, which stores a model from S3. */
  minTmpMib: 512,
  maxTmpMib: 10_240,
  /** Limit for a request, and for a response that is not streamed. */
  requestBytes: 6 * 2 ** 20,
  /** Number of execution environments in an account; most accounts start with 1,000. */
  replicas: { min: 0, max: 100_000, source: 'AWS Lambda' },
} as const;

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export const CODE_DEPLOY = {
  percent: { min: 1, max: 99, unit: 'percent', source: 'AWS CodeDeploy' },
  minutes: { min: 1, max: 2880, unit: 'minutes', source: 'AWS CodeDeploy' },
  alarms: 10,
} as const;

/**
 * Limits of Lambda's event sources for SQS, and of SQS itself:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html and
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
 */
export const QUEUE = {
  /** Number of execution environments that process one queue at once. */
  replicas: { min: 2, max: 1000, source: 'an event source of AWS Lambda' },
  /** Larger batches require a batching window, which delays requests. */
  batchSize: { min: 1, max: 10, source: 'this construct' },
  /** Limit for a message with its attributes. */
  requestBytes: 2 ** 20,
  maxReceives: { min: 1, max: 1000, source: 'SQS' },
} as const;

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
export const WAF_REQUESTS = { min: 10, max: 2_000_000_000, source: 'a rule of AWS WAF' } as const;

/** Timeouts that each front allows for a request. */
export const FRONT_TIMEOUT_SECONDS: Readonly<Record<ServerlessFrontKind, Range>> = {
  // A stream may last 15 minutes but must send its first byte within 5, and the runtime responds only once the result
  // is complete.
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
  restApi: { min: 1, max: 300, unit: 'seconds', source: 'an API Gateway REST API' },
  httpApi: { min: 1, max: 29, unit: 'seconds', source: 'an API Gateway HTTP API' },
  functionUrl: { min: 1, max: 900, unit: 'seconds', source: 'AWS Lambda' },
  queue: { min: 1, max: 900, unit: 'seconds', source: 'AWS Lambda' },
};

/** Minimum memory that Node, the runtime and a request need in addition to the model, in MiB. */
export const RUNTIME_MIB = 128;

/** Size of an image without its model in bytes, with headroom: TensorFlow's image has about 2 GB. */
export const IMAGE_BYTES = 3 * 2 ** 30;

/** Size of the runtime layer in bytes, with headroom. It counts towards the 250 MiB of code. */
export const RUNTIME_BYTES = 64 * 2 ** 20;

/** Size of the packages in the layer that models with a task need, in bytes, with headroom. */
export const TASK_BYTES = 24 * 2 ** 20;
