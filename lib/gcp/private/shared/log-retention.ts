import type { LoggingProjectBucketConfig } from '@cdktf/provider-google/lib/logging-project-bucket-config';
import type { LoggingProjectExclusion } from '@cdktf/provider-google/lib/logging-project-exclusion';
import type { LoggingProjectSink } from '@cdktf/provider-google/lib/logging-project-sink';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { lifetimeSuffix } from '../../../terraform/terraform-data.js';
import type { GoogleServingProps } from '../../props.js';
import { grantKey } from './encryption.js';
import { generatedName } from './names.js';
import { projectId } from './project.js';

const DEFAULT_RETENTION_DAYS = 90;
/** 100 in all, with the suffix: https://cloud.google.com/logging/docs/buckets#create_bucket */
const LOG_BUCKET_NAME_LENGTH = 91;

/**
 * Keeps what an endpoint logs for as long as it was asked to. Cloud Logging knows retention by bucket only, and the
 * project's own bucket belongs to all its services: so the endpoint has one, and a sink that fills it.
 */
export class LogRetention extends Construct {
  readonly bucket: LoggingProjectBucketConfig;
  readonly sink: LoggingProjectSink;
  /** Keeps the lines out of the bucket `_Default`, which would bill them a second time. */
  readonly exclusion: LoggingProjectExclusion;

  constructor(scope: Construct, id: string, props: GoogleServingProps, filter: string) {
    super(scope, id);
    const project = projectId(this, props.project);
    const suffix = lifetimeSuffix(this, 'Lifetime');
    const name = generatedName(scope, LOG_BUCKET_NAME_LENGTH);
    this.bucket = new google.LoggingProjectBucketConfig(this, 'Bucket', {
      project,
      location: props.region,
      // A deleted bucket keeps its name for seven days, in which no other can have it.
      bucketId: `${name}-${suffix}`,
      retentionDays: props.logRetentionDays ?? DEFAULT_RETENTION_DAYS,
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
