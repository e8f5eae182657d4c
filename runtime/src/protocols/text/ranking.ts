import type { Tensor } from '../../tensor/tensor.js';

/** Text of a request and its score. */
export interface Rank {
  readonly index: number;
  readonly score: number;
}

/** Returns the texts with their scores, the best first. Texts with the same score stay in their order. */
export function rankingOf({ data }: Tensor): readonly Rank[] {
  return Array.from(data as Float32Array, (score, index) => ({ index, score })).sort(
    (one, other) => other.score - one.score,
  );
}
