import type { LoggingProjectBucketConfig } from '@cdktf/provider-google/lib/logging-project-bucket-config';
import type { LoggingProjectExclusion } from '@cdktf/provider-google/lib/logging-project-exclusion';
import type { LoggingProjectSink } from '@cdktf/provider-google/lib/logging-project-sink';
import { Construct } from 'constructs';
import { DEFAULT_LOG_RETENTION_DAYS } from '../../../serving/defaults.js';
import { google } from '../../../terraform/bindings/google.js';
import { lifetimeSuffix } from '../../../terraform/terraform-data.js';
import type { GoogleServingProps } from '../../props.js';
import { grantKey } from './encryption.js';
import { generatedName } from './names.js';
import { projectId } from './project.js';

/**
 * Maximum length without the suffix. The limit with the suffix is 100:
 * https://cloud.google.com/logging/docs/buckets#create_bucket
 */
const LOG_BUCKET_NAME_LENGTH = 91;

interface LogRetentionProps {
  readonly props: GoogleServingProps;
  readonly filter: string;
}

/**
 * Log bucket of an endpoint with its own retention, and the sink that fills it. Cloud Logging sets retention for whole
 * buckets only, and all services of the project share the default bucket.
 */
export class LogRetention extends Construct {
  /** Log bucket with the configured retention. */
  readonly bucket: LoggingProjectBucketConfig;
  /** Sink that routes the endpoint's logs to the bucket. */
  readonly sink: LoggingProjectSink;
  /** Exclusion that keeps the logs out of the `_Default` bucket, which would bill them a second time. */
  readonly exclusion: LoggingProjectExclusion;

  constructor(scope: Construct, id: string, { props, filter }: LogRetentionProps) {
    super(scope, id);
    const project = projectId(this, props.project);
    const suffix = lifetimeSuffix(this, 'Lifetime');
    const name = generatedName(scope, LOG_BUCKET_NAME_LENGTH);
    this.bucket = new google.LoggingProjectBucketConfig(this, 'Bucket', {
      project,
      location: props.region,
      // The name of a deleted log bucket cannot be reused for seven days.
      bucketId: `${name}-${suffix}`,
      retentionDays: props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS,
      ...this.encryption(props.encryptionKey, project),
    });
    this.sink = new google.LoggingProjectSink(this, 'Sink', {
      project: props.project,
      name,
      destination: `logging.googleapis.com/${this.bucket.id}`,
      filter,
      uniqueWriterIdentity: true,
    });
    this.exclusion = new google.LoggingProjectExclusion(this, 'Exclusion', {
      project: props.project,
      name,
      description: `Logs of ${scope.node.path} are in the log bucket ${name}`,
      filter,
      dependsOn: [this.sink],
    });
  }

  private encryption(key: string | undefined, project: string) {
    if (!key) return {};
    const agent = new google.DataGoogleLoggingProjectCmekSettings(this, 'Agent', { project }).serviceAccountId;
    const granted = grantKey(this, 'Key', key, { member: `serviceAccount:${agent}` });
    return { cmekSettings: { kmsKeyName: key }, dependsOn: [granted] };
  }
}
