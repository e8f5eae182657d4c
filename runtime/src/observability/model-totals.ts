import { Histogram } from './histogram.js';
import type { ModelMetrics } from './model-metrics.js';

/** Metrics summed over several versions of a model. */
export type ModelTotals = Pick<ModelMetrics, 'inferences' | 'latencies' | 'queueSeconds' | 'runSeconds' | 'examples'>;

/** Returns the sum of `parts`, which must not be empty. */
export function totalsOf(parts: readonly ModelTotals[]): ModelTotals {
  const inferences: ModelTotals['inferences'] = new Map();
  for (const [status, count] of parts.flatMap((part) => [...part.inferences])) {
    inferences.set(status, (inferences.get(status) ?? 0) + count);
  }
  const latencies: ModelTotals['latencies'] = new Map();
  for (const [call, histogram] of parts.flatMap((part) => [...part.latencies])) {
    const before = latencies.get(call);
    latencies.set(call, Histogram.merged(before ? [before, histogram] : [histogram]));
  }
  return {
    inferences,
    latencies,
    queueSeconds: Histogram.merged(parts.map(({ queueSeconds }) => queueSeconds)),
    runSeconds: Histogram.merged(parts.map(({ runSeconds }) => runSeconds)),
    examples: Histogram.merged(parts.map(({ examples }) => examples)),
  };
}
