import type { IVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Settings of the REST API in front of the function. */
export interface RestApiOptions {
  /**
   * Whether API Gateway validates JSON requests against the model's signature. Invalid requests are rejected before
   * they incur a Lambda invocation. Set it to false if clients send `NaN` or `Infinity`, which TensorFlow Serving
   * accepts but JSON does not define.
   *
   * @default true
   */
  readonly validateRequests?: boolean;

  /**
   * Interface VPC endpoints of the service `execute-api`. They make the API private: callers reach it through these
   * endpoints only, and authenticate as `access` says. `url` is the name of the API at the first endpoint, which works
   * without private DNS. Step Functions and `BatchModel` cannot reach a private API.
   *
   * @default - the API is reachable from the internet
   */
  readonly vpcEndpoints?: IVpcEndpoint[];
}

/** Settings of the SQS queue in front of the function. */
export interface QueueFrontOptions {
  /** Bucket that receives the responses. */
  readonly outputBucket: IBucket;

  /** Key prefix of the responses, with a trailing slash. @default results/ */
  readonly outputPrefix?: string;

  /** Maximum number of messages per invocation, 1 to 10. The runtime may run them as one batch. @default 10 */
  readonly batchSize?: number;

  /** Number of attempts before a message moves to the dead-letter queue, 1 to 1000. @default 3 */
  readonly maxReceives?: number;
}

/**
 * Service through which callers reach the function.
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
   * Uses an API Gateway REST API. It supports every kind of `access`, quotas, a firewall, and validation of requests
   * against the model's signature. Responses are streamed, so they may exceed 6 MB and be binary. The default.
   */
  static restApi(options: RestApiOptions = {}): ServerlessFront {
    return new ServerlessFront('restApi', options);
  }

  /**
   * Uses an API Gateway HTTP API, which is cheaper and slightly faster than a REST API. It supports IAM, JWT and
   * anonymous access. Requests and responses are limited to 6 MB.
   */
  static httpApi(): ServerlessFront {
    return new ServerlessFront('httpApi');
  }

  /**
   * Uses the function URL, which has no additional cost. It supports IAM and anonymous access, and requests of up to 15
   * minutes. Only `maxReplicas` limits the load. Responses are streamed, so they may exceed 6 MB.
   */
  static functionUrl(): ServerlessFront {
    return new ServerlessFront('functionUrl');
  }

  /**
   * Uses an SQS queue, for asynchronous requests. A message body is a request body of up to 1 MiB of text. Message
   * attributes may set a `path` other than the model's `:predict`, and headers such as `content-type`. The response is
   * written to `<message id>.out`, or to `<message id>-error.out` if the request is invalid. Messages that fail for
   * other reasons are retried, and finally move to a dead-letter queue. Callers authenticate with IAM, and may send but
   * not receive messages.
   */
  static queue(options: QueueFrontOptions): ServerlessFront {
    return new ServerlessFront('queue', undefined, options);
  }

  private constructor(
    /** Kind of front: `restApi`, `httpApi`, `functionUrl` or `queue`. */
    readonly kind: 'restApi' | 'httpApi' | 'functionUrl' | 'queue',
    /** REST API settings. Set when `kind` is `restApi`. */
    readonly restApiOptions?: RestApiOptions,
    /** Queue settings. Set when `kind` is `queue`. */
    readonly queueOptions?: QueueFrontOptions,
  ) {}
}
