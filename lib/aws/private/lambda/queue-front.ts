import { Duration, Token } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type Grant, type IGrantable, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Alias, EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { QueueFrontOptions } from '../../front-options.js';
import type { Front } from './front.js';
import { FRONT_TIMEOUT_SECONDS } from './limits.js';

export interface QueueFrontProps extends QueueFrontOptions {
  readonly handler: Alias;
  readonly timeoutSeconds: number;
  /** Maximum number of execution environments that process messages at once. @default - no limit */
  readonly maxReplicas?: number;
  readonly encryptionKey?: IKey;
}

const DEFAULT_BATCH_SIZE = 10;
const DEFAULT_MAX_RECEIVES = 3;
const DEFAULT_OUTPUT_PREFIX = 'results/';

/**
 * Ratio of the visibility timeout, which hides messages in process, to the function's timeout.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_FACTOR = 6;

/** Queue of requests that invokes the function, and a dead-letter queue for requests that failed repeatedly. */
export class QueueFront extends Construct implements Front {
  readonly kind = 'queue';
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly eventSource: EventSourceMapping;

  constructor(scope: Construct, id: string, props: QueueFrontProps) {
    super(scope, id);
    const { handler, timeoutSeconds, encryptionKey } = props;
    const seconds = Token.isUnresolved(timeoutSeconds) ? FRONT_TIMEOUT_SECONDS.queue.max : timeoutSeconds;
    const options: QueueProps = {
      encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', options);
    this.queue = new Queue(this, 'Resource', {
      ...options,
      visibilityTimeout: Duration.seconds(VISIBILITY_FACTOR * seconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: props.maxReceives ?? DEFAULT_MAX_RECEIVES },
    });
    this.eventSource = new EventSourceMapping(this, 'EventSource', {
      target: handler,
      eventSourceArn: this.queue.queueArn,
      batchSize: props.batchSize ?? DEFAULT_BATCH_SIZE,
      maxConcurrency: props.maxReplicas,
      reportBatchItemFailures: true,
    });
    // Lambda checks the role's permissions when it creates the event source.
    this.eventSource.node.addDependency(this.queue.grantConsumeMessages(handler));
  }

  /** URL of the queue. */
  get url(): string {
    return this.queue.queueUrl;
  }

  /** Grants permission to send requests. The bucket controls who can read the responses. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.queue.grantSendMessages(grantee);
  }

  /** Metric for the number of messages sent to the queue. */
  metricRequests(props?: MetricOptions): Metric {
    return this.queue.metricNumberOfMessagesSent(props);
  }
}

/** Grants the permissions to write responses: objects under a prefix, and the bucket's encryption key. */
export function grantResults(
  { outputBucket, outputPrefix = DEFAULT_OUTPUT_PREFIX }: QueueFrontOptions,
  role: IRole,
): string {
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['s3:PutObject'], resources: [outputBucket.arnForObjects(`${outputPrefix}*`)] }),
  );
  outputBucket.encryptionKey?.grantEncrypt(role);
  return outputBucket.s3UrlForObject(outputPrefix);
}
