import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** A REST API in front of the function. */
export interface RestApiOptions {
  /**
   * Whether API Gateway checks JSON requests against the model's signature, and refuses wrong ones before they cost a call
   * of the function. Say false if clients send `NaN` or `Infinity`, which TensorFlow Serving takes and JSON does not know.
   *
   * @default true
   */
  readonly validateRequests?: boolean;
}

/** A queue in front of the function. */
export interface QueueFrontOptions {
  /** Where answers are written. */
  readonly outputBucket: IBucket;

  /** Ends in a slash. @default results/ */
  readonly outputPrefix?: string;

  /** Requests the function may get at once, 1 to 10, which the runtime may run as one batch. @default 10 */
  readonly batchSize?: number;

  /** How often a request is tried before it goes to the dead letters, 1 to 1000. @default 3 */
  readonly maxReceives?: number;
}

/**
 * How callers reach the function.
 *
 * @example
 * ```ts
 * import { ServerlessFront, ServerlessModel } from 'modelship/aws';
 *
 * new ServerlessModel(stack, 'Iris', { model, front: ServerlessFront.functionUrl() });
 * ```
 */
export class ServerlessFront {
  /**
   * An API Gateway REST API: every kind of `access`, quotas, a firewall, and requests checked against the model's
   * signature. Answers are streamed, so that they may have more than 6 MB and be binary. The default.
   */
  static restApi(options: RestApiOptions = {}): ServerlessFront {
    return new ServerlessFront('restApi', options);
  }

  /**
   * An API Gateway HTTP API: cheaper and a little faster than a REST API, by IAM, JWT or open to anyone. Requests and
   * answers have at most 6 MB.
   */
  static httpApi(): ServerlessFront {
    return new ServerlessFront('httpApi');
  }

  /**
   * The function's own URL: no price of its own, requests of up to 15 minutes, and nothing that throttles but
   * `maxReplicas`. By IAM or open to anyone. Answers are streamed, so that they may have more than 6 MB.
   */
  static functionUrl(): ServerlessFront {
    return new ServerlessFront('functionUrl');
  }

  /**
   * An SQS queue, for requests that nobody waits for. A message's body is the body of a request, up to 1 MiB of text; its
   * attributes may name another `path` than the model's `:predict`, and headers such as `content-type`. The answer is
   * written as `<message id>.out`, or `<message id>-error.out` if the request is wrong. What fails otherwise is tried
   * again, and in the end goes to a queue of dead letters. Callers, who are known by IAM, may send and not read.
   */
  static queue(options: QueueFrontOptions): ServerlessFront {
    return new ServerlessFront('queue', undefined, options);
  }

  private constructor(
    /** One of `restApi`, `httpApi`, `functionUrl` and `queue`. */
    readonly kind: 'restApi' | 'httpApi' | 'functionUrl' | 'queue',
    /** Set when `kind` is `restApi`. */
    readonly restApiOptions?: RestApiOptions,
    /** Set when `kind` is `queue`. */
    readonly queueOptions?: QueueFrontOptions,
  ) {}
}
