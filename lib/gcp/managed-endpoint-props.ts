import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { GoogleServingProps } from './props.js';

/** Settings for capturing requests and responses, to monitor model quality. Captured data contains what callers sent. */
export interface EndpointDataCapture {
  /** BigQuery table or dataset, as `bq://project.dataset.table` or `bq://project.dataset`. */
  readonly table: string;

  /** Percentage of requests to capture, 0.01 to 100. @default 100 */
  readonly samplingPercent?: number;
}

/** Settings for explanations: Vertex AI returns sampled Shapley values from `:explain`. */
export interface EndpointExplanations {
  /** Number of samples per explanation, 1 to 50. Each one invokes the model once for every feature. */
  readonly samples: number;
}

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
  readonly endpointName?: string;

  /** Machine type, such as `n1-standard-4`. @default - the GPU's machine type, or `e2-standard-4` */
  readonly instanceType?: string;

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

  /** Capture of requests and responses in BigQuery. @default - none */
  readonly dataCapture?: EndpointDataCapture;

  /** Shapley values that `:explain` returns. Instances must then be objects keyed by input name. @default - none */
  readonly explanations?: EndpointExplanations;

  /** Previously deployed package, which keeps the rest of the traffic during a canary rollout. @default - none */
  readonly stableModel?: Model;
}
