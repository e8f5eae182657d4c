import type { StatusCode } from '../tensor/errors.js';
import { Histogram, type HistogramData } from './histogram.js';

/** Method of TensorFlow Serving's API and its transport. */
export type ApiCall = `${'Predict' | 'Classify' | 'Regress'} ${'REST' | 'GRPC'}`;

/** Metrics summed over several versions of a model. */
export interface ModelTotals {
  /** Number of calls by status, including calls that could not be parsed. */
  readonly inferences: Map<StatusCode | 'OK', number>;
  readonly latencies: Map<ApiCall, Histogram>;
  readonly queueSeconds: Histogram;
  readonly runSeconds: Histogram;
  readonly examples: Histogram;
}

/** Content of `ModelTotals`, as it is sent between processes. */
export interface ModelTotalsData {
  readonly inferences: ReadonlyMap<StatusCode | 'OK', number>;
  readonly latencies: ReadonlyMap<ApiCall, HistogramData>;
  readonly queueSeconds: HistogramData;
  readonly runSeconds: HistogramData;
  readonly examples: HistogramData;
}

/** Returns the sum of `parts`, which must not be empty. */
export function totalsOf(parts: readonly ModelTotalsData[]): ModelTotals {
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
