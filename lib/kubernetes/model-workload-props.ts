import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { Exposure } from './exposure.js';
import type { ModelVolume } from './model-volume.js';

/** Toleration of a node taint. */
export interface Toleration {
  /** Key of the taint. */
  readonly key: string;
  /** Value of the taint. @default - any value */
  readonly value?: string;
  /** Effect of the taint: `NoSchedule`, `PreferNoSchedule` or `NoExecute`. @default - every effect */
  readonly effect?: string;
}

/** Properties that can differ between two versions that share the traffic. */
export interface ModelVersion {
  /** Container image of the server. */
  readonly image: string;
  /** Environment variables of the server, including the model's location and digest. */
  readonly environment: { [name: string]: string };
  /** Arguments of the image's entry point. @default - those of the image */
  readonly args?: string[];
  /**
   * Path of the liveness check, which responds with 200 while the process needs no restart.
   *
   * @default - the path of Modelship's runtime
   */
  readonly livePath?: string;
  /**
   * Path of the readiness check, which responds with 200 while the server accepts requests.
   *
   * @default - the path of Modelship's runtime
   */
  readonly readyPath?: string;
}

/** Canary version, which receives a share of the traffic alongside the stable version. */
export interface CanaryVersion extends ModelVersion {
  /** Share of the traffic that the canary receives, in percent, 0 to 99. */
  readonly percent: number;
}

/** Key of a Kubernetes Secret. */
export interface SecretKey {
  /** Name of the Secret, in the namespace of the pods. */
  readonly secretName: string;
  /** Key of the value in the Secret. */
  readonly key: string;
}

/** Metric of each pod, with its target. */
export interface PodMetric {
  /** Name in the custom metrics API. */
  readonly name: string;
  /** Average value for each pod at which the workload scales out. */
  readonly targetAverage: number;
}

/** Props of {@link ModelWorkload}. */
export interface ModelWorkloadProps extends ModelVersion {
  /** Name of all objects in the cluster: at most 52 lower-case letters, digits and hyphens. */
  readonly name: string;

  /**
   * Inference server in the image. It determines the port of the service. Servers other than Modelship's runtime get a
   * writable root file system, a home directory in `/tmp`, and shared memory if the pod has a GPU.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Name of an existing namespace.
   *
   * @default - a new namespace with the workload's name and the Pod Security Standard "restricted", or "baseline" if
   * the server runs as root
   */
  readonly namespace?: string;

  /** Kubernetes provider. @default - the stack's own */
  readonly provider?: TerraformProvider;

  /**
   * Resources that must exist before Terraform creates objects in the cluster, such as the nodes and the deployer's
   * role. Terraform deletes them last.
   *
   * @default - none
   */
  readonly clusterReady?: ITerraformDependable[];

  /** Resources that must exist before pods start, such as the model's files. @default - none */
  readonly dependsOn?: ITerraformDependable[];

  /** Volume that contains the model. @default - none: the runtime downloads it from the URL in its environment */
  readonly modelVolume?: ModelVolume;

  /** Mount path of the volume. @default '/mnt/models' */
  readonly modelMountPath?: string;

  /** CPU request and limit of each pod, in CPUs, at least 0.05. @default 1 */
  readonly cpu?: number;

  /** Memory request and limit of each pod, in MiB. @default 1024 */
  readonly memoryMib?: number;

  /** Ephemeral storage request and limit of each pod, in GiB. @default - the cluster's default */
  readonly diskGib?: number;

  /** Seconds that the container may take to become ready before it is restarted. @default 300 */
  readonly startupSeconds?: number;

  /** Number of GPUs of each pod. @default 0 */
  readonly gpuCount?: number;

  /** Keys of Secrets in the namespace that become environment variables, by the name of the variable. @default - none */
  readonly secrets?: { [name: string]: SecretKey };

  /**
   * Labels that a node must have, such as the GPU type or spot capacity. If the server's image supports one CPU
   * architecture only, its pods already select nodes of that architecture.
   *
   * @default - none
   */
  readonly nodeSelector?: { [name: string]: string };

  /** Node taints that the pods tolerate. @default - none */
  readonly tolerations?: Toleration[];

  /** Minimum number of pods kept running when idle. Kubernetes scales in to one pod, not to zero. @default 1 */
  readonly minReplicas?: number;

  /** Maximum number of pods that run at once. @default - as many as minReplicas, at least 3 */
  readonly maxReplicas?: number;

  /** Average CPU utilization at which the workload scales out, in percent. @default 70 */
  readonly targetCpuPercent?: number;

  /**
   * Metric of the custom metrics API of the cluster, at which the workload scales out in addition to the CPU. The
   * metric that asks for more pods decides.
   *
   * @default - CPU only
   */
  readonly scalingMetric?: PodMetric;

  /** Whether to create a HorizontalPodAutoscaler. Set false if another autoscaler changes the replicas. @default true */
  readonly autoscaling?: boolean;

  /** Annotations of the Kubernetes service account that bind it to a cloud identity. @default - none */
  readonly serviceAccountAnnotations?: { [name: string]: string };

  /** Additional labels of the pods. @default - only those that select the pods */
  readonly podLabels?: { [name: string]: string };

  /** Annotations of the pods. @default - none */
  readonly podAnnotations?: { [name: string]: string };

  /** Network exposure of the workload. @default Exposure.cluster() */
  readonly exposure?: Exposure;

  /** Namespaces whose pods can invoke the model. `allowFrom` adds more. @default - none */
  readonly callerNamespaces?: string[];

  /**
   * Namespaces whose pods scrape metrics. They can reach the metrics port without a credential, and no other port.
   *
   * @default - none: only callers can read the metrics
   */
  readonly metricsNamespaces?: string[];

  /**
   * Additional addresses that the pods can reach, as CIDR blocks, such as the cloud's identity endpoint.
   *
   * @default - none: DNS and HTTPS only
   */
  readonly egressRanges?: string[];

  /**
   * Namespaces with a trace collector that the pods can reach over OTLP. Set its address in the environment variable
   * `OTEL_EXPORTER_OTLP_ENDPOINT`.
   *
   * @default - none
   */
  readonly traceNamespaces?: string[];

  /** Canary version that receives a share of the traffic. Requires `Exposure.gateway()`. @default - none */
  readonly canary?: CanaryVersion;
}
