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
  const all = Float32Array.from(data);
  const found = lengths.map((length, row) => {
    const start = row * tokens + (side === 'right' ? 0 : tokens - length);
    return pool(pooling, all.subarray(start * width, (start + length) * width), width);
  });
  const expected = (vectors: readonly number[], row: number) => vectors.slice(row * width, (row + 1) * width);

  it('gives the vectors of sentence-transformers', () => {
    for (const [row, vector] of found.entries()) expectClose(vector, expected(pooled, row));
  });

  it('gives the same vectors once normalized, and leaves zeros as they are', () => {
    for (const [row, vector] of found.entries()) {
      const scaled = vector.slice();
      normalize(scaled);
      expectClose(scaled, expected(normalized, row));
      if (row === 2) expect([...scaled]).toEqual([0, 0, 0]);
    }
  });
});

/** Compares with a tolerance of two steps of a 32-bit number. */
function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(2 ** -22 * Math.max(1, Math.abs(value)));
  }
}
