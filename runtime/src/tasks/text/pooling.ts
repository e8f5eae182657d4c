import type { Pooling } from '../../manifest/index.js';
import type { TokenSpan } from './token-tensors.js';

/** Vectors of all tokens of a padded batch: `[texts, tokens, width]` in row-major order. */
export interface TokenVectors {
  readonly data: Float32Array;
  readonly tokens: number;
  readonly width: number;
}

type PoolRow = (vectors: Float32Array, width: number, out: Float32Array) => void;

/** How the vectors of one text, without padding, become one vector. */
const POOL: Readonly<Record<Pooling, PoolRow>> = {
  cls(vectors, width, out) {
    out.set(vectors.subarray(0, width));
  },
  last_token(vectors, width, out) {
    out.set(vectors.subarray(vectors.length - width));
  },
  mean(vectors, width, out) {
    // Numbers are 64 bits wide, so sums of many tokens lose nothing.
    const count = vectors.length / width;
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let index = column; index < vectors.length; index += width) sum += vectors[index]!;
      out[column] = sum / count;
    }
  },
  max(vectors, width, out) {
    for (let column = 0; column < width; column++) {
      let max = vectors[column]!;
      for (let index = column + width; index < vectors.length; index += width) max = Math.max(max, vectors[index]!);
      out[column] = max;
    }
  },
};

/** Pools the token vectors of each text to one vector. Returns `[texts, width]`. Each text has at least one token. */
export function pool(
  pooling: Pooling,
  { data, tokens, width }: TokenVectors,
  spans: readonly TokenSpan[],
): Float32Array {
  const pooled = new Float32Array(spans.length * width);
  for (const [row, { start, end }] of spans.entries()) {
    const first = row * tokens;
    const vectors = data.subarray((first + start) * width, (first + end) * width);
    POOL[pooling](vectors, width, pooled.subarray(row * width, (row + 1) * width));
  }
  return pooled;
}

/** Norm below which PyTorch's `normalize` does not scale further, so that a vector of zeros stays one. */
const MIN_NORM = 1e-12;

/** Scales each vector of `[texts, width]` to the length 1, in place. */
export function normalize(vectors: Float32Array, width: number): void {
  for (let start = 0; start < vectors.length; start += width) {
    const vector = vectors.subarray(start, start + width);
    let squares = 0;
    for (const value of vector) squares += value * value;
    const norm = Math.max(Math.sqrt(squares), MIN_NORM);
    for (let column = 0; column < width; column++) vector[column]! /= norm;
  }
}
