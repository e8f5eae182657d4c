import type { Question, ReplicaSize } from './target.js';

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

/** Returns the reasons why a package or a load exceeds the limits, as sentences. */
export function obstaclesOf(
  { facts, measured, load }: Question,
  limits: TargetLimits,
  size: ReplicaSize,
  replicas: number,
): string[] {
  const { service, requestBytes, timeoutSeconds, maxReplicas, maxMemoryMib, gpu } = limits;
  const bytes = Math.max(facts.rowBytes, load.requestBytes ?? measured.requestBytes);
  const needed = neededMemoryMib({ facts, measured, load });
  const found: string[] = [];
  if (load.gpu && !gpu) found.push(`${service} has no GPUs`);
  if (requestBytes !== undefined && bytes > requestBytes) {
    found.push(`a request has ${bytes} bytes, and ${service} accepts at most ${requestBytes}`);
  }
  if (needed > maxMemoryMib) {
    found.push(
      `the model needs about ${needed} MiB of memory, and a replica on ${service} has at most ${maxMemoryMib} MiB`,
    );
  }
  const slowest = measured.latencySeconds / Math.min(1, size.vcpu);
  if (slowest > timeoutSeconds) {
    found.push(`a request takes ${slowest.toFixed(1)} s, and ${service} ends it after ${timeoutSeconds} s`);
  }
  if (load.latencySeconds !== undefined && !load.gpu && slowest > load.latencySeconds) {
    found.push(
      `a request takes ${milliseconds(slowest)} on ${size.label}, more than the ${milliseconds(load.latencySeconds)} wanted`,
    );
  }
  if (replicas > maxReplicas) found.push(`the load needs ${replicas} replicas, and ${service} allows ${maxReplicas}`);
  return found;
}

/** Memory of the server without a model, for systems that do not tell the memory of a process, in MiB. */
const SERVER_MIB = 100;

/** Share of the memory that must stay free for larger requests. */
const HEADROOM = 1.3;

/** Returns the memory that the server needs with the model and some requests, in MiB. */
export function neededMemoryMib({ facts, measured }: Question): number {
  const resident = measured.residentMib ?? SERVER_MIB + facts.sizeBytes / 2 ** 20;
  return Math.ceil(HEADROOM * Math.max(resident, facts.sizeBytes / 2 ** 20));
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toPrecision(3)} ms`;
}
