import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { Exposure } from './exposure.js';
import type { ModelVolume } from './model-volume.js';

/** A taint of nodes that pods put up with. */
export interface Toleration {
  readonly key: string;
  /** @default - any value */
  readonly value?: string;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. @default - every effect */
  readonly effect?: string;
}

/** What two versions that share the traffic may differ in. */
export interface ModelVersion {
  /** The container image of the server. */
  readonly image: string;
  /** Variables of the server, the model's location and digest among them. */
  readonly environment: { [name: string]: string };
  /** Arguments of the image's entry point. @default - those of the image */
  readonly args?: string[];
  /** Answers 200 while the process should not be restarted. @default - the path of Modelship's runtime */
  readonly livePath?: string;
  /** Answers 200 while requests may come. @default - the path of Modelship's runtime */
  readonly readyPath?: string;
}

/** The version that gets a share of the traffic beside the one that serves. */
export interface CanaryVersion extends ModelVersion {
  /** Its share, in percent, 1 to 99. */
  readonly percent: number;
}

/** Props of {@link ModelWorkload}. */
export interface ModelWorkloadProps extends ModelVersion {
  /** Name of everything in the cluster: at most 52 lower-case letters, digits and hyphens. */
  readonly name: string;

  /**
   * What is in the image. Its port is served, and other servers than Modelship's runtime get a root file system that
   * their user may write to, a home in `/tmp`, and with a GPU shared memory.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * A namespace that is there.
   *
   * @default - one is made, named as the workload, that admits restricted pods only; baseline ones if the server is root
   */
  readonly namespace?: string;

  /** The Kubernetes provider. @default - the stack's own */
  readonly provider?: TerraformProvider;

  /**
   * Resources to wait for before any object is created in the cluster, such as the nodes and the role of the deployer.
   * Terraform deletes them last.
   *
   * @default - none
   */
  readonly clusterReady?: ITerraformDependable[];

  /** Resources to wait for before pods start, such as the model's files. @default - none */
  readonly dependsOn?: ITerraformDependable[];

  /** Volume with the model. @default - none: the runtime fetches the model from the URL in its environment */
  readonly modelVolume?: ModelVolume;

  /** Where the volume is mounted. @default '/mnt/models' */
  readonly modelMountPath?: string;

  /** Thousandths of a CPU that each pod may use and is sure to get. @default 1000 */
  readonly cpuMillis?: number;

  /** Memory of each pod, in MiB. @default 1024 */
  readonly memoryMib?: number;

  /** Disk that each pod may write to and is sure to get, in GiB. @default - what the cluster gives */
  readonly diskGib?: number;

  /** Seconds that a start may take before the pod is restarted. @default 300 */
  readonly startupSeconds?: number;

  /** GPUs of each pod. @default 0 */
  readonly gpuCount?: number;

  /**
   * Labels that a node must have: a GPU's kind, spot capacity. A server whose image is built for one kind of processor goes
   * to nodes with it anyway.
   *
   * @default - none
   */
  readonly nodeSelector?: { [name: string]: string };

  /** @default - none */
  readonly tolerations?: Toleration[];

  /** Pods kept when nobody asks. Kubernetes scales to one, not to zero. @default 1 */
  readonly minReplicas?: number;

  /** Pods that may run at once. @default - as many as minReplicas, at least 3 */
  readonly maxReplicas?: number;

  /** Share of the CPU, in percent, at which pods are added. @default 70 */
  readonly targetCpuPercent?: number;

  /** Annotations of the Kubernetes service account, which bind it to an identity of the cloud. @default - none */
  readonly serviceAccountAnnotations?: { [name: string]: string };

  /** @default - none beside those that find the pods */
  readonly podLabels?: { [name: string]: string };

  /** @default - none */
  readonly podAnnotations?: { [name: string]: string };

  /** From where it can be reached. @default Exposure.cluster() */
  readonly exposure?: Exposure;

  /** Namespaces whose pods may call it. More are let in by `allowFrom`. @default - none */
  readonly callerNamespaces?: string[];

  /**
   * Namespaces whose pods gather metrics. They reach the metrics of the pods, without a credential, and nothing else.
   *
   * @default - none: the pods tell their metrics to callers only
   */
  readonly metricsNamespaces?: string[];

  /** Addresses beside DNS and HTTPS that the pods may reach, as CIDR blocks: the cloud's identity endpoint. @default - none */
  readonly egressRanges?: string[];

  /**
   * Namespaces with a collector of traces, which the pods may send to by OTLP. Where it is, the variable
   * `OTEL_EXPORTER_OTLP_ENDPOINT` says.
   *
   * @default - none
   */
  readonly traceNamespaces?: string[];

  /** A version that gets a share of the traffic; needs `Exposure.gateway()`. @default - none */
  readonly canary?: CanaryVersion;
}
