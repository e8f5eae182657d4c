import type { EndpointMode } from '../../endpoint-mode.js';

/** What a mode runs on if nothing is said; a serverless endpoint has no instances. */
export function instanceType(mode: EndpointMode): string | undefined {
  switch (mode.kind) {
    case 'realTime':
      return mode.realTimeOptions?.instanceType ?? 'ml.c7g.large';
    case 'asynchronous':
      return mode.asynchronousOptions?.instanceType ?? 'ml.c7g.large';
    case 'inferenceComponents':
      return mode.inferenceComponentOptions?.instanceType ?? 'ml.c7g.xlarge';
    case 'serverless':
      return undefined;
  }
}

/** MiB of memory of a serverless endpoint, or of a copy of an inference component, if nothing is said. */
export function memoryOf({ kind, serverlessOptions, inferenceComponentOptions }: EndpointMode): number {
  return kind === 'serverless'
    ? (serverlessOptions?.memoryMib ?? 2048)
    : (inferenceComponentOptions?.memoryMib ?? 1024);
}

/** How many replicas there are at least and at most: instances, copies, or concurrent executions. */
export interface Replicas {
  readonly min: number;
  readonly max: number;
}

/** At most as many serverless executions as the account's quota starts with for one endpoint. */
const DEFAULT_SERVERLESS_CONCURRENCY = 20;

export function replicas(mode: EndpointMode, minReplicas?: number, maxReplicas?: number): Replicas {
  if (mode.kind === 'serverless') {
    const min = minReplicas ?? 0;
    return { min, max: maxReplicas ?? Math.max(min, DEFAULT_SERVERLESS_CONCURRENCY) };
  }
  const min = minReplicas ?? (mode.kind === 'asynchronous' ? 0 : 1);
  return { min, max: maxReplicas ?? Math.max(min, 1) };
}
