import type { Exposure } from '../kubernetes/exposure.js';
import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { GkeCluster } from './cluster.js';
import type { GoogleServingProps } from './props.js';

/** Props of {@link ContainerModel}. */
export interface ContainerModelProps extends GoogleServingProps {
  /**
   * The inference server. Others than Modelship's runtime name their own `image`, check no tokens, so that the network lets
   * callers in, and find what lies in the bucket at `/mnt/models`.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /** The cluster to run in. @default GkeCluster.autopilot(), made in the region with private nodes */
  readonly cluster?: GkeCluster;

  /** A namespace that is there. @default - one is made, which admits restricted pods only */
  readonly namespace?: string;

  /** CPUs of a pod, at least 0.25. @default - 1, or 3 with a server that needs a GPU */
  readonly cpu?: number;

  /** Memory of a pod, in MiB, at least 512. @default - 1024; 2048 with another server, and 16384 with a GPU */
  readonly memoryMib?: number;

  /**
   * Disk of a pod, in GiB, where a server puts what it fetches; at most 10 on Autopilot without a GPU.
   *
   * @default - 30 for a server that fetches its model from a hub; else what the cluster gives, 1 on Autopilot
   */
  readonly diskGib?: number;

  /**
   * Seconds that a start may take before the pod is restarted.
   *
   * @default - 300, or 1800 for a server that fetches its model by itself
   */
  readonly startupSeconds?: number;

  /** Whether pods run on spot capacity, which is cheaper and can be taken away at any time. @default false */
  readonly spot?: boolean;

  /**
   * From where it can be reached. A load balancer is internal unless its annotations say otherwise.
   *
   * @default Exposure.cluster()
   */
  readonly exposure?: Exposure;

  /** Namespaces whose pods may call it. @default - none */
  readonly callerNamespaces?: string[];

  /** Namespaces with a collector of traces by OTLP: `OTEL_EXPORTER_OTLP_ENDPOINT` in `environment` says where. @default - none */
  readonly traceNamespaces?: string[];

  /** The package that keeps the rest of the traffic during a canary: the one deployed before. @default - none */
  readonly stableModel?: Model;

  /** Whether to write an `InferenceService` for a cluster that runs KServe, instead of a workload. @default false */
  readonly kserve?: boolean;

  /**
   * Whether to write GKE's `HealthCheckPolicy` for `Exposure.gateway()`, so that the load balancer asks the server's own
   * health path. Set false for a Gateway of another controller in a cluster without GKE's.
   *
   * @default true
   */
  readonly healthCheckPolicy?: boolean;
}
