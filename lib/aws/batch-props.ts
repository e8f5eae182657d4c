import type { Duration } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { BatchCompute } from './batch-compute.js';

/** Props of {@link BatchModel}. */
export interface BatchModelProps {
  /** Compute that runs the predictions. */
  readonly compute: BatchCompute;

  /** Bucket of the input files. They are JSON Lines: one row per line, with the names of the model's inputs as keys. */
  readonly inputBucket: IBucket;

  /** Prefix of the input files. Objects outside this prefix cannot be read. @default batch/input/ */
  readonly inputPrefix?: string;

  /** Bucket that receives the predictions. @default - the input bucket */
  readonly outputBucket?: IBucket;

  /** Prefix of the predictions. Each execution writes to its own folder under this prefix. @default batch/output/ */
  readonly outputPrefix?: string;

  /**
   * KMS key that encrypts the logs, the output of a transform job and the volumes of its instances. The construct adds
   * CloudWatch Logs to the key policy. The policy of an imported key must already allow it. Instance types with local
   * storage, such as ml.g5.xlarge, encrypt their disks in hardware, and SageMaker accepts no key for them.
   *
   * @default - AWS-managed encryption
   */
  readonly encryptionKey?: IKey;

  /** Time until an execution times out, 1 minute to 7 days. @default Duration.hours(24) */
  readonly timeout?: Duration;

  /** Log retention in days. @default 90 */
  readonly logRetentionDays?: number;

  /** Actions of the alarm on failed and timed-out executions. @default - none: the alarm only changes its state */
  readonly alarmActions?: IAlarmAction[];
}
