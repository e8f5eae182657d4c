import type { Exposure } from '../kubernetes/exposure.js';
import type { SecretKey } from '../kubernetes/model-workload-props.js';
import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { AksCluster } from './cluster.js';
import type { AzureServingProps } from './props.js';

/** Props of `ContainerModel`, which serves a model on Azure Kubernetes Service (AKS). */
export interface ContainerModelProps extends AzureServingProps {
  /**
   * Inference server. Servers other than Modelship's runtime do not authenticate callers and need `Access.anonymous()`.
   * They read the model from the mounted blob container, or fetch it from a hub.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Container image of Modelship's runtime. Other servers set their own image. An `AzureImage` also grants the role to
   * pull it from a registry on Azure.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /** Cluster that runs the model. @default AksCluster.managed(), created in the region */
  readonly cluster?: AksCluster;

  /** Number of CPUs of each pod, at least 0.05. @default - 1, or 3 with a server that needs a GPU */
  readonly cpu?: number;

  /** Memory of each pod, in MiB. @default - 1024; 2048 with another server, and 16384 with one that needs a GPU */
  readonly memoryMib?: number;

  /**
   * Number of NVIDIA GPUs of each pod, 0 to 16. Nodes of a new cluster get their GPUs from `instanceType` of
   * `AksCluster.managed()`. Nodes of an existing cluster must run the NVIDIA device plugin, and pods tolerate the taints
   * `sku=gpu` and `nvidia.com/gpu`.
   *
   * @default 0
   */
  readonly gpuCount?: number;

  /**
   * Whether pods run on spot VMs, which are cheaper and can be evicted at any time. An existing cluster must have a
   * spot node pool.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * Average number of requests that are queued or running in each pod at which the workload scales out, in addition to
   * CPU utilization. Pods with a GPU need it, because their CPUs stay idle. KEDA, which a new cluster runs, reads it from
   * the cluster's Prometheus add-on. Requires `AksCluster.managed()`.
   *
   * @default - scales on CPU only
   */
  readonly targetConcurrency?: number;

  /**
   * Whether the Blob CSI driver mounts the blob container with the model at `/mnt/models`. Use it for models too large
   * to fetch into each pod. Pods also see the other content of the blob container.
   *
   * @default - true if the `server` reads files; false for Modelship's runtime, which fetches the model at start
   */
  readonly modelMount?: boolean;

  /**
   * Keys of Kubernetes Secrets that become environment variables, by the name of the variable. The Secrets must be in the
   * namespace of the pods, `workload.namespaceName`. Pods do not start without them.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: SecretKey };

  /**
   * Startup timeout in seconds, including the time to fetch a model. Kubernetes restarts a pod that takes longer.
   *
   * @default - 300, or 1800 for a server that fetches the model itself
   */
  readonly startupSeconds?: number;

  /** Network exposure of the model. @default - an internal load balancer for callers with private addresses */
  readonly exposure?: Exposure;

  /** Namespaces of the cluster whose pods can call the model. @default - none */
  readonly callerNamespaces?: string[];

  /**
   * Namespaces that run an OTLP trace collector. Set its address as `OTEL_EXPORTER_OTLP_ENDPOINT` in `environment`.
   *
   * @default - none
   */
  readonly traceNamespaces?: string[];

  /** Model version that keeps the rest of the traffic during a canary. @default - none */
  readonly stableModel?: Model;
}
