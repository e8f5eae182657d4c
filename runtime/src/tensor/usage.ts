import type { Cancellation, TextUsage } from './request.js';
import type { Tensor } from './tensor.js';

/** Names of the outputs that count tokens. No output of a model starts with `#`. */
const TOKENS = '#tokens';
const TRUNCATED = '#truncated';

/** Counts of the texts of one row. */
export interface RowUsage {
  tokens: number;
  /** Number of texts that were cut. */
  truncated: number;
}

/** Returns outputs with the counts of each row, so that batches are split with their rows. */
export function usageTensors(rows: readonly RowUsage[]): Tensor[] {
  const counts = (name: string, count: (row: RowUsage) => number): Tensor => ({
    name,
    datatype: 'INT32',
    shape: [rows.length],
    data: Int32Array.from(rows, count),
  });
  return [counts(TOKENS, ({ tokens }) => tokens), counts(TRUNCATED, ({ truncated }) => truncated)];
}

/** Reports a number of texts that were cut to the caller's signal. */
export function reportTruncated(signal: Cancellation | undefined, truncated: number): void {
  if (signal && truncated > 0) signal.truncatedTexts = (signal.truncatedTexts ?? 0) + truncated;
}

/** Separates the outputs of a model from the counts that `usageTensors` added. */
export function takeUsage(all: readonly Tensor[]): { outputs: readonly Tensor[]; usage: TextUsage } {
  const sum = (wanted: string) => {
    const { data } = all.find(({ name }) => name === wanted)!;
    return (data as Int32Array).reduce((total, count) => total + count, 0);
  };
  const outputs = all.filter(({ name }) => name !== TOKENS && name !== TRUNCATED);
  return { outputs, usage: { tokens: sum(TOKENS), truncated: sum(TRUNCATED) } };
}
