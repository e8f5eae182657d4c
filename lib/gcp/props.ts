import type { TerraformProvider } from 'cdktf';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { Gpu } from './gpu.js';

/** Props common to every construct on Google Cloud. */
export interface GoogleServingProps extends ServingProps {
  /** Region of the endpoint, its bucket, its logs and its keys, such as `europe-west4`. */
  readonly region: string;

  /**
   * Container image of the runtime.
   *
   * @default - GoogleImage.fromCloudBuild(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /**
   * Provider of all resources, to deploy with other credentials or to another project than the rest of the stack: a
   * `GoogleProvider` with an alias.
   *
   * @default - the stack's provider without an alias
   */
  readonly providers?: TerraformProvider[];

  /** Project ID. @default - the project of the Google provider */
  readonly project?: string;

  /**
   * Whether to enable the APIs that the endpoint uses in the project. Destroying the stack leaves them enabled. The APIs
   * `cloudresourcemanager` and `serviceusage`, which Terraform itself needs for this, must be enabled before.
   *
   * @default false
   */
  readonly enableApis?: boolean;

  /**
   * Customer-managed encryption key of the model at rest, the endpoint and its logs:
   * `projects/P/locations/<region>/keyRings/R/cryptoKeys/K`. The construct grants its use to the services that need it.
   *
   * @default - Google-managed keys
   */
  readonly encryptionKey?: string;

  /**
   * Name of an existing bucket that stores the model in a folder named by its digest. Set it to share one bucket
   * between endpoints.
   *
   * @default - a new bucket in the region: private, encrypted and versioned
   */
  readonly modelBucket?: string;

  /** GPU of each replica. The image must contain a runtime that uses it. @default - none */
  readonly gpu?: Gpu;

  /**
   * Notification channels that receive alerts, as `projects/P/notificationChannels/N`.
   *
   * @default - alerts appear in Cloud Monitoring and send no notifications
   */
  readonly alarmActions?: string[];

  /** Labels of all resources that support them. @default - none */
  readonly labels?: { [name: string]: string };
}

/** Props that place the resources of a construct, and that encrypt, label and watch them. */
export type GooglePlacementProps = Pick<
  GoogleServingProps,
  | 'providers'
  | 'region'
  | 'project'
  | 'enableApis'
  | 'encryptionKey'
  | 'modelBucket'
  | 'logRetentionDays'
  | 'alarmActions'
  | 'labels'
>;
