import type { Bill, Usage } from '../cost/bill.js';
import type { PricedCloud, Prices } from '../cost/prices.js';
import type { Load } from './load.js';
import type { Measurement } from './measurement.js';

/** Facts about a package that decide where it fits. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Bytes of all files together. */
  readonly sizeBytes: number;
  /** Bytes of the smallest request, in a binary protocol. */
  readonly rowBytes: number;
  /** Whether workers in Python run the model, so that a function needs an image. */
  readonly needsPython: boolean;
}

/** What a target is compared for. */
export interface Question {
  readonly facts: PackageFacts;
  readonly measured: Measurement;
  readonly load: Load;
}

/** Size of one replica. */
export interface ReplicaSize {
  readonly vcpu: number;
  readonly memoryMib: number;
  /** Description, such as `1 vCPU, 2 GiB` or `ml.c7g.large`. */
  readonly label: string;
  /** Instance type, on targets that bill instances. */
  readonly instanceType?: string;
}

/** Returns the size of an instance. @param gpu name of its GPU */
export function instanceOf(instanceType: string, vcpu: number, memoryMib: number, gpu?: string): ReplicaSize {
  return { vcpu, memoryMib, instanceType, label: gpu ? `${instanceType} (${gpu})` : instanceType };
}

/** Limits of a target that a package or a load can exceed. */
export interface TargetLimits {
  /** Name of the service in sentences. */
  readonly service: string;
  /** Maximum bytes of a request. @default - no limit below the runtime's */
  readonly requestBytes?: number;
  /** Maximum seconds of a request. */
  readonly timeoutSeconds: number;
  readonly maxReplicas: number;
  /** Maximum memory of a replica, in MiB. */
  readonly maxMemoryMib: number;
  /** Whether replicas can have a GPU. */
  readonly gpu: boolean;
}

/** What the usage of a month depends on. */
export interface MonthOfUse extends Question {
  readonly size: ReplicaSize;
  /** Hours of all replicas together, on targets whose replicas run without requests too. */
  readonly replicaHours: number;
  readonly prices: Prices;
}

/** A service with the defaults of its construct. */
export interface ComparedTarget {
  /** Name of the target, as `modelship init --target` takes it, with the choice that differs from the default. */
  readonly id: string;
  readonly cloud: PricedCloud;
  /** Construct, with the props that differ from the defaults. */
  readonly construct: string;
  /** Id of the published cold start. @default - none is known */
  readonly coldStart?: string;
  /** Properties of the security of the default endpoint. */
  readonly security: readonly string[];
  /** Whether the target is compared only for loads that need a GPU. @default false */
  readonly gpuOnly?: boolean;
  /** Minimum number of replicas: 0 if the target scales to zero. */
  readonly minReplicas: number;
  /** Whether a replica runs one request at a time. @default false */
  readonly isOneAtATime?: boolean;
  /** Returns the size of a replica for the package. */
  size(question: Question): ReplicaSize;
  limits(size: ReplicaSize): TargetLimits;
  /** Reasons why the target cannot serve the load, beyond its limits. @default - none */
  furtherObstacles?(question: Question): readonly string[];
  usages(month: MonthOfUse): readonly Usage[];
}

/** A target with its answer to a question. */
export interface Candidate {
  readonly target: string;
  readonly cloud: PricedCloud;
  readonly construct: string;
  readonly region: string;
  readonly replica: ReplicaSize;
  readonly fits: boolean;
  /** Reasons why the target does not fit. */
  readonly obstacles: readonly string[];
  /** Requests per second that one vCPU serves. Undefined with a GPU, which this machine cannot measure. */
  readonly requestsPerSecondPerVcpu?: number;
  /** Largest number of replicas over the day. */
  readonly maxReplicas: number;
  /** Seconds until the first request is served, with the model's own start. Undefined if none is published. */
  readonly coldStart?: {
    readonly seconds: readonly [number, number];
    readonly source: string;
    readonly confidence: string;
  };
  /** US dollars per month without requests. */
  readonly floorUsd: number;
  readonly bill: Bill;
  /** Load at which another target becomes cheaper, in requests per second. */
  readonly cheaperFrom?: { readonly requestsPerSecond: number; readonly target: string };
  readonly security: readonly string[];
}
