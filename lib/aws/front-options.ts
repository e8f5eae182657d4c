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

/** Kind of service through which callers reach the function. */
export type ServerlessFrontKind = 'restApi' | 'httpApi' | 'functionUrl' | 'queue';
