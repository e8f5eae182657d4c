import type { Range } from '../../../serving/validation/validator.js';
import type { ServerlessFront } from '../../front.js';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LAMBDA = {
  memoryMib: { min: 128, max: 10_240, unit: 'MiB', source: 'AWS Lambda' },
  /** Of the function's code and its layers together, unzipped. */
  maxCodeBytes: 250 * 2 ** 20,
  /** Of an image, unpacked. */
  maxImageBytes: 10 * 2 ** 30,
  /** `/tmp`, where a model from S3 is put. */
  minTmpMib: 512,
  maxTmpMib: 10_240,
  /** Of a request, and of an answer that is not streamed. */
  requestBytes: 6 * 2 ** 20,
  /** How many environments an account may have; most accounts start with 1,000. */
  replicas: { min: 0, max: 100_000, source: 'AWS Lambda' },
} as const;

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export const CODE_DEPLOY = {
  percent: { min: 1, max: 99, unit: 'percent', source: 'AWS CodeDeploy' },
  minutes: { min: 1, max: 2880, unit: 'minutes', source: 'AWS CodeDeploy' },
  alarms: 10,
} as const;

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, and of SQS
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html */
export const QUEUE = {
  /** Environments that work off a queue at once. */
  replicas: { min: 2, max: 1000, source: 'an event source of AWS Lambda' },
  /** More would have to be waited for. */
  batchSize: { min: 1, max: 10, source: 'this construct' },
  /** Of a message with its attributes. */
  requestBytes: 2 ** 20,
  maxReceives: { min: 1, max: 1000, source: 'SQS' },
} as const;

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
export const WAF_REQUESTS = { min: 10, max: 2_000_000_000, source: 'a rule of AWS WAF' } as const;

/** How long each way to reach a function lets it take. */
export const FRONT_TIMEOUT_SECONDS: Readonly<Record<ServerlessFront['kind'], Range>> = {
  // A stream may take 15 minutes, but only 5 until its first byte, and the runtime answers once it has everything.
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
  restApi: { min: 1, max: 300, unit: 'seconds', source: 'an API Gateway REST API' },
  httpApi: { min: 1, max: 29, unit: 'seconds', source: 'an API Gateway HTTP API' },
  functionUrl: { min: 1, max: 900, unit: 'seconds', source: 'AWS Lambda' },
  queue: { min: 1, max: 900, unit: 'seconds', source: 'AWS Lambda' },
};

/** What stands beside the model in a function's memory at least: Node, the runtime and a request. */
export const RUNTIME_MIB = 128;

/** Bytes of an image without its model, with room to grow: TensorFlow's has about 2 GB. */
export const IMAGE_BYTES = 3 * 2 ** 30;

/** Bytes that the layer with the runtime takes of the code's 250 MiB, with room to grow. */
export const RUNTIME_BYTES = 64 * 2 ** 20;
