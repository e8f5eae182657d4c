import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pooling } from '../../../../runtime/src/manifest/index.js';
import { normalize, pool } from '../../../../runtime/src/tasks/text/pooling.js';

interface Cases {
  readonly width: number;
  readonly tokens: number;
  readonly lengths: readonly number[];
  readonly data: readonly number[];
  readonly cases: readonly {
    readonly side: 'left' | 'right';
    readonly pooling: Pooling;
    readonly pooled: readonly number[];
    readonly normalized: readonly number[];
  }[];
}

/** Made by sentence-transformers 6.2.0: see pooling_cases.py. The texts have other values in the places of padding. */
const { cases, data, lengths, tokens, width }: Cases = JSON.parse(
  readFileSync(join(__dirname, 'pooling.json'), 'utf8'),
);

describe.each(cases)('$pooling pooling of texts padded on the $side', ({ side, pooling, pooled, normalized }) => {
  const spans = lengths.map((length) => {
    const start = side === 'right' ? 0 : tokens - length;
    return { start, end: start + length };
  });
  const found = () => pool(pooling, { data: Float32Array.from(data), tokens, width }, spans);

  it('gives the vectors of sentence-transformers', () => {
    expectClose(found(), pooled);
  });

  it('gives the same vectors once normalized, and leaves zeros as they are', () => {
    const vectors = found();
    normalize(vectors, width);
    expectClose(vectors, normalized);
    expect([...vectors.subarray(2 * width, 3 * width)]).toEqual([0, 0, 0]);
  });
});

/** Compares with a tolerance of two steps of a 32-bit number. */
function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(2 ** -22 * Math.max(1, Math.abs(value)));
  }
}
