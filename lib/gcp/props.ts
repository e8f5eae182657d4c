import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { Gpu } from './gpu.js';

/** What every construct on Google Cloud takes. */
export interface GoogleServingProps extends ServingProps {
  /** Where it runs, such as `europe-west4`. The model's bucket, the logs and the keys are there too. */
  readonly region: string;

  /**
   * The container image of the runtime.
   *
   * @default - GoogleImage.fromCloudBuild(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /** The project's id. @default - the project of the stack's Google provider */
  readonly project?: string;

  /**
   * Customer-managed key for the model at rest, the endpoint and its logs:
   * `projects/P/locations/<region>/keyRings/R/cryptoKeys/K`. The services that need it are granted its use.
   *
   * @default - keys that Google manages
   */
  readonly encryptionKey?: string;

  /**
   * Bucket that holds the model, under a folder of its digest. Buckets of their own are better kept by one owner: give
   * one to share it between endpoints.
   *
   * @default - one is made in the region, private, encrypted and versioned
   */
  readonly modelBucket?: string;

  /** Accelerator of each replica. The image must hold a runtime that uses it. @default - none */
  readonly gpu?: Gpu;

  /**
   * Notification channels that hear of alarms, as `projects/P/notificationChannels/N`.
   *
   * @default - alarms are shown in Cloud Monitoring and told to nobody
   */
  readonly alarmActions?: string[];

  /** Labels of everything that can carry them. @default - none */
  readonly labels?: { [name: string]: string };
}
