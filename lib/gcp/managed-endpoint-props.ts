import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { GoogleServingProps } from './props.js';

/** Props of {@link ManagedEndpointModel}. */
export interface ManagedEndpointModelProps extends GoogleServingProps {
  /**
   * The inference server. Vertex AI mounts no folders: TensorFlow Serving and Triton load the model from the bucket, vLLM
   * from its `source`, and an image of `ModelServer.custom()` is told the folder as a `gs://` URL. An image that is not in
   * a repository of the region is copied into one by Cloud Build, which must be allowed to pull it.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Seconds that the server may take to start, what it fetches included, 60 to 5400.
   *
   * @default - 300, or 1800 for a server that fetches the model by itself; Modelship's runtime has as long as Vertex AI waits
   */
  readonly startupSeconds?: number;

  /** The endpoint's name, a number of at most ten digits. @default - made from the construct's place in the tree */
  readonly endpointId?: string;

  /** Type of the machines, such as `n1-standard-4`. @default - the GPU's own, or `e2-standard-4` */
  readonly machineType?: string;

  /** Share of the CPU, or of the GPU if the server needs one, in percent, at which replicas are added. @default 60 */
  readonly targetCpuPercent?: number;

  /**
   * Whether the endpoint has an address of its own, with 10 MB a request and up to 600 seconds. On the address that all
   * endpoints of a region share it is 1.5 MB and 60 seconds.
   *
   * @default true
   */
  readonly dedicated?: boolean;

  /**
   * Projects whose networks reach the endpoint by Private Service Connect, by id. The endpoint then has no public
   * address.
   *
   * @default - the endpoint has a public address, which asks callers who they are
   */
  readonly privateServiceConnectProjects?: string[];

  /** Largest request, in bytes. @default - what the endpoint allows */
  readonly maxPayloadBytes?: number;

  /** Table or dataset of BigQuery that requests and responses are logged to, as `bq://project.dataset`. @default - none */
  readonly requestLogTable?: string;

  /** Share of the requests that is logged, more than 0 and at most 1. @default 0.1 */
  readonly requestLogSamplingRate?: number;

  /**
   * Paths along which `:explain` samples Shapley values, 1 to 50. Instances must then be objects with the names of the
   * inputs, and each explanation asks the model once for every path and feature.
   *
   * @default - no explanations
   */
  readonly explanationPathCount?: number;

  /** The package that keeps the rest of the traffic during a canary: the one deployed before. @default - none */
  readonly stableModel?: Model;
}
