import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { GoogleServingProps } from './props.js';

/** Props of {@link ManagedEndpointModel}. */
export interface ManagedEndpointModelProps extends GoogleServingProps {
  /**
   * Inference server. Vertex AI mounts no folders: TensorFlow Serving and Triton load the model from the bucket, and
   * vLLM from its `source`. A `ModelServer.custom()` receives the folder as a `gs://` URL. Cloud Build copies an image
   * from outside the region's repositories and must be allowed to pull it.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Seconds that the server may take to start, including downloads, 60 to 5400.
   *
   * @default - 300, or 1800 for a server that downloads the model by itself; Vertex AI's limit for Modelship's runtime
   */
  readonly startupSeconds?: number;

  /** Numeric name of the endpoint, at most ten digits. @default - derived from the construct's path */
  readonly endpointId?: string;

  /** Machine type, such as `n1-standard-4`. @default - the GPU's machine type, or `e2-standard-4` */
  readonly machineType?: string;

  /** Target utilization for autoscaling, in percent: GPU if the server needs one, otherwise CPU. @default 60 */
  readonly targetCpuPercent?: number;

  /**
   * Whether the endpoint has a dedicated DNS name, with limits of 10 MB and 600 seconds a request. The limits of the
   * shared regional endpoint are 1.5 MB and 60 seconds.
   *
   * @default true
   */
  readonly dedicated?: boolean;

  /**
   * IDs of projects whose networks can reach the endpoint by Private Service Connect. The endpoint then has no public
   * address.
   *
   * @default - the endpoint has a public address, which authenticates callers
   */
  readonly privateServiceConnectProjects?: string[];

  /** Maximum request size, in bytes. @default - the endpoint's limit */
  readonly maxPayloadBytes?: number;

  /**
   * BigQuery table or dataset that requests and responses are logged to, as `bq://project.dataset.table` or
   * `bq://project.dataset`.
   *
   * @default - none
   */
  readonly requestLogTable?: string;

  /** Fraction of requests that are logged, 0.0001 to 1. @default 0.1 */
  readonly requestLogSamplingRate?: number;

  /**
   * Number of paths that `:explain` samples for Shapley values, 1 to 50. Instances must then be objects keyed by input
   * name. Each explanation invokes the model once for every path and feature.
   *
   * @default - no explanations
   */
  readonly explanationPathCount?: number;

  /** Previously deployed package, which keeps the rest of the traffic during a canary rollout. @default - none */
  readonly stableModel?: Model;
}
