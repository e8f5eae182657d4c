import type { Pooling } from '../../manifest/index.js';

type PoolRow = (vectors: Float32Array, width: number, out: Float32Array) => void;

/** How the vectors of one text become one vector. */
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
  splade(vectors, width, out) {
    for (let column = 0; column < width; column++) {
      let max = 0;
      for (let index = column; index < vectors.length; index += width) max = Math.max(max, vectors[index]!);
      out[column] = Math.log1p(max);
    }
  },
};

/** Pools the vectors of one text's tokens, without those of padding, to one vector. A text has at least one token. */
export function pool(pooling: Pooling, vectors: Float32Array, width: number): Float32Array {
  const pooled = new Float32Array(width);
  POOL[pooling](vectors, width, pooled);
  return pooled;
}

/** Norm below which PyTorch's `normalize` does not scale further, so that a vector of zeros stays one. */
const MIN_NORM = 1e-12;

/** Scales a vector to the length 1, in place. */
export function normalize(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), MIN_NORM);
  for (let column = 0; column < vector.length; column++) vector[column]! /= norm;
}
