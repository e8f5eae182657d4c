import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { BatchCompute } from './batch-compute.js';

/** Props of {@link BatchModel}. */
export interface BatchModelProps {
  /** What answers the rows. */
  readonly compute: BatchCompute;

  /** Where files with rows lie: JSON Lines, one row a line, as the model's inputs are named. */
  readonly inputBucket: IBucket;

  /** Nothing outside of it is read. @default batch/input/ */
  readonly inputPrefix?: string;

  /** Where predictions are written. @default - the input bucket */
  readonly outputBucket?: IBucket;

  /** Each execution writes under it to a folder of its own. @default batch/output/ */
  readonly outputPrefix?: string;

  /**
   * Encrypts what a transform job writes and its instances' disks. Not the disks of types that have their own, such as
   * ml.g5.xlarge: those are encrypted by the instance's hardware, and SageMaker takes no key for them.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: IKey;

  /** Hours after which an execution is given up, 1 to 168; no token. @default 24 */
  readonly timeoutHours?: number;

  /** Days that logs are kept. @default 90 */
  readonly logRetentionDays?: number;

  /** What the alarm on executions that failed or ran out of time does. @default - nothing: it is there to be seen */
  readonly alarmActions?: IAlarmAction[];
}
