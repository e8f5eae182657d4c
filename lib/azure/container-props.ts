import type { TerraformProvider } from 'cdktf';
import type { Exposure } from '../kubernetes/exposure.js';
import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { AksClusterOptions, AksClusterReference } from './cluster.js';
import type { AzureServingProps } from './props.js';

/** How a model is served by Azure Kubernetes Service. */
export interface ContainerModelProps extends AzureServingProps {
  /**
   * The inference server. Others than Modelship's runtime check no callers, so that they take `Access.anonymous()`, and
   * read the model from what is mounted.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * The container image of Modelship's runtime; other servers name their own. From a registry on Azure, `AzureImage`
   * gives the role to pull it.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /**
   * @default - one is made, with workload identity, Azure roles instead of local accounts, KEDA and nodes that scale
   */
  readonly cluster?: AksClusterReference;

  /** The Kubernetes provider that reaches `cluster`. @default - one is made for the cluster that is made */
  readonly kubernetesProvider?: TerraformProvider;

  /** What the cluster that is made is like. @default - an ordinary one without GPUs */
  readonly clusterOptions?: AksClusterOptions;

  /** Thousandths of a CPU of each pod. @default - 1000, or 3000 with a server that needs a GPU */
  readonly cpuMillis?: number;

  /** Memory of each pod, in MiB. @default - 1024; 2048 with another server, and 16384 with one that needs a GPU */
  readonly memoryMib?: number;

  /**
   * NVIDIA's GPUs of each pod in a `cluster` that is there, which must have the device plugin. Pods put up with the taints
   * `sku=gpu` and `nvidia.com/gpu`. In a cluster that is made `clusterOptions` gives each pod one.
   *
   * @default 0
   */
  readonly gpuCount?: number;

  /**
   * Whether the container with the model is mounted by the Blob CSI driver, for models that are too large to fetch
   * into each pod. What else lies in the container is at `/mnt/models`.
   *
   * @default - whether the `server` reads files; Modelship's runtime fetches the model at start
   */
  readonly modelMount?: boolean;

  /**
   * Seconds that a start may take before the pod is restarted, the fetch of a model included.
   *
   * @default - 300, or 1800 for a server that fetches the model by itself
   */
  readonly startupSeconds?: number;

  /**
   * From where the model can be reached.
   *
   * @default - an internal load balancer, for callers with private addresses
   */
  readonly exposure?: Exposure;

  /** Namespaces of the cluster whose pods may call the model. @default - none */
  readonly callerNamespaces?: string[];

  /** Namespaces with a collector of traces by OTLP: `OTEL_EXPORTER_OTLP_ENDPOINT` in `environment` says where. @default - none */
  readonly traceNamespaces?: string[];

  /** The version that keeps the rest of the traffic during a canary. @default - none */
  readonly stableModel?: Model;
}
