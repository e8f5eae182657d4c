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
  /** Size of a replica for the package. */
  size(question: Question): ReplicaSize;
  /** Whether the target is compared only for loads that need a GPU. @default false */
  readonly gpuOnly?: boolean;
  /** Minimum number of replicas: 0 if the target scales to zero. */
  readonly minReplicas: number;
  /** Largest number of replicas over the day. */
  replicas(question: Question): number;
  /** Reasons why the target rejects or cannot serve the load. */
  obstacles(question: Question): readonly string[];
  /** Usage of a month. */
  usages(question: Question, prices: Prices): readonly Usage[];
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
