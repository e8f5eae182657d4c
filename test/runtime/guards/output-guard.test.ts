import { describe, expect, test } from 'vitest';
import { limitOutputs } from '../../../runtime/src/guards/output-guard.js';

/** Returns the scores of three classes as callers see them. */
function shown(row: readonly number[], outputTopK: number): number[] {
  const spec = { name: 'scores', datatype: 'FP32' as const, shape: [-1, 3], labels: ['a', 'b', 'c'] };
  const output = { name: 'scores', datatype: 'FP32' as const, shape: [1, 3], data: Float32Array.from(row) };
  return [...(limitOutputs([output], [spec], { outputTopK })[0]!.data as Float32Array)];
}

describe('hidden classes', () => {
  test.each([
    ['probabilities', [0.25, 0.5, 0.25], 1, [0, 0.5, 0]],
    ['probabilities of which a shown one is 0', [1, 0, 0], 2, [1, 0, 0]],
    ['logits', [-2, 3, -5], 1, [0, 3, 0]],
    ['logits below 0', [-2, -7, -4], 2, [-2, -5, -4]],
    ['logits of which the highest is 0', [-2, 0, -4], 1, [-1, 0, -1]],
  ])('of %s have one score, computed from those that are shown', (_, row, count, expected) => {
    expect(shown(row, count)).toEqual(expected);
  });
});
