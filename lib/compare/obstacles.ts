import { mostReplicas } from './replicas.js';
import type { ComparedTarget, Question } from './target.js';

/** Returns the reasons why a target rejects or cannot serve a package or a load, as sentences. */
export function obstaclesOf(target: ComparedTarget, question: Question): readonly string[] {
  const { facts, measured, load } = question;
  const size = target.size(question);
  const replicas = mostReplicas(target, question);
  const { service, requestBytes, timeoutSeconds, maxReplicas, maxMemoryMib, gpu } = target.limits(size);
  const bytes = Math.max(facts.rowBytes, load.requestBytes ?? measured.requestBytes);
  const needed = neededMemoryMib(question);
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
  return [...found, ...(target.furtherObstacles?.(question) ?? [])];
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
