import type { Exposure } from '../kubernetes/exposure.js';
import type { SecretKey } from '../kubernetes/model-workload-props.js';
import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { GkeCluster } from './cluster.js';
import type { ContainerHost } from './host.js';
import type { GoogleServingProps } from './props.js';
import type { WebAcl } from './web-acl.js';

/** Props of {@link ContainerModel}. */
export interface ContainerModelProps extends GoogleServingProps {
  /**
   * Inference server. Servers other than Modelship's runtime have their own `image` and find the bucket's files at
   * `/mnt/models`. They do not verify tokens, so network rules restrict their callers.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /** Cluster that runs the model. @default GkeCluster.autopilot(), created in the region with private nodes */
  readonly cluster?: GkeCluster;

  /**
   * Name of an existing namespace.
   *
   * @default - a new namespace with the Pod Security Standard "restricted", or "baseline" if the server runs as root
   */
  readonly namespace?: string;

  /** Number of CPUs of each pod, at least 0.25. @default - 1, or 3 for a server that needs a GPU */
  readonly cpu?: number;

  /**
   * Memory of each pod, in MiB, at least 512.
   *
   * @default - 1024; 2048 for servers other than Modelship's runtime; 16384 with a GPU
   */
  readonly memoryMib?: number;

  /**
   * Ephemeral storage of each pod, in GiB, which also holds downloaded models. At most 10 on Autopilot without a GPU.
   *
   * @default - 30 for a server that downloads its model from a hub; else the cluster's default, 1 on Autopilot
   */
  readonly diskGib?: number;

  /**
   * Keys of Kubernetes Secrets that become environment variables, by the name of the variable. The Secrets must be in the
   * namespace of the pods, which do not start without them.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: SecretKey };

  /**
   * Seconds that the container may take to become ready before it is restarted.
   *
   * @default - 300, or 1800 for a server that downloads its model by itself
   */
  readonly startupSeconds?: number;

  /**
   * Average number of requests that are queued or running in each pod at which the workload scales out, in addition to
   * CPU utilization. Pods with a GPU need it, because their CPUs stay idle. The cluster must run Google's Custom Metrics
   * Stackdriver Adapter: https://cloud.google.com/kubernetes-engine/docs/tutorials/autoscaling-metrics
   *
   * @default - scales on CPU only
   */
  readonly targetConcurrency?: number;

  /** Whether pods run on Spot VMs, which are cheaper and can be preempted at any time. @default false */
  readonly spot?: boolean;

  /**
   * Network exposure of the model. A load balancer is internal unless its annotations override that.
   *
   * @default Exposure.cluster()
   */
  readonly exposure?: Exposure;

  /** Namespaces whose pods can invoke the model. @default - none */
  readonly callerNamespaces?: string[];

  /**
   * Namespaces with a trace collector that the pods can reach over OTLP. Set its address as
   * `OTEL_EXPORTER_OTLP_ENDPOINT` in `environment`.
   *
   * @default - none
   */
  readonly traceNamespaces?: string[];

  /** Previously deployed package, which keeps the rest of the traffic during a canary rollout. @default - none */
  readonly stableModel?: Model;

  /** Kubernetes controller that runs the pods. @default ContainerHost.deployment() */
  readonly host?: ContainerHost;

  /**
   * Whether to create GKE's `HealthCheckPolicy` for `Exposure.gateway()`, so that the load balancer probes the server's
   * readiness path. Set false for a Gateway of another controller in a cluster without GKE's Gateway controller.
   *
   * @default true
   */
  readonly healthCheckPolicy?: boolean;

  /**
   * Web application firewall of the load balancer of `Exposure.gateway()`, whose class must be a global external one, such
   * as `gke-l7-global-external-managed`. GKE's Gateway controller attaches it to the model.
   *
   * @default - none
   */
  readonly webAcl?: WebAcl;
}
