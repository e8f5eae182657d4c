import { execFileSync } from 'node:child_process';
import { InferenceError, type Tensor } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import { describe, expect, test } from 'vitest';
import { AnswerComparison, toleranceOf } from '../../../lib/optimize/compared-answers.js';
import type { Limits } from '../../../lib/optimize/conversions.js';
import { PYTHON } from './support.js';

const tolerance = { absolute: 1e-4, relative: 1e-3 };
const scores = (...numbers: number[]): Tensor => ({
  name: 'scores',
  datatype: 'FP64',
  shape: [1, numbers.length],
  data: Float64Array.from(numbers),
});

function compared(limits: Limits, wanted: Tensor, got: Tensor) {
  const comparison = new AnswerComparison(limits);
  comparison.add(['row 1'], [wanted], [got]);
  return comparison.result();
}

test('the ratio of an answer is that of ONNX Runtime', () => {
  const random = randomNumbers(3);
  const pairs = Array.from({ length: 20 }, (_, place) => {
    const before = Array.from({ length: 1 + place }, () => random() * 4 - 2);
    return { before, after: before.map((each) => each + (random() - 0.5) / (1 + place)) };
  });
  const script =
    'import json, sys, numpy as np\n' +
    'from onnxruntime.quantization.qdq_loss_debug import compute_signal_to_quantization_noice_ratio as sqnr\n' +
    'pairs = json.load(sys.stdin)\n' +
    'print(json.dumps([float(sqnr(np.array(p["before"]), np.array(p["after"]))) for p in pairs]))';
  const wanted = JSON.parse(execFileSync(PYTHON, ['-c', script], { input: JSON.stringify(pairs), encoding: 'utf8' }));
  for (const [place, { before, after }] of pairs.entries()) {
    expect(compared({ tolerance }, scores(...before), scores(...after)).sqnr).toBeCloseTo(wanted[place], 8);
  }
});

describe('a least ratio of 20 dB', () => {
  const limits = { tolerance, leastSqnr: 20 };

  test.each([
    ['takes noise of nearly a tenth of the answer', [1, 0], [1, 0.099], 0],
    ['takes a small number that changes as much as a large one', [1, 0.001], [1, 0.05], 0],
    ['takes answers within the tolerance, however small they are', [0, 1e-6], [5e-5, 0], 0],
    ['refuses noise of more than a tenth of the answer', [1, 0], [1, 0.101], 1],
    ['refuses noise that is spread over many numbers', Array(16).fill(1), Array(16).fill(1.11), 1],
    ['refuses numbers where all were 0', [0, 0], [0, 0.01], 1],
    ['refuses NaN', [1, 1], [1, Number.NaN], 1],
    ['refuses infinity', [1, 1], [1, Number.POSITIVE_INFINITY], 1],
    ['refuses a number where infinity was', [1, Number.POSITIVE_INFINITY], [1, 1e30], 1],
    ['takes the same infinity', [1, Number.POSITIVE_INFINITY], [1.05, Number.POSITIVE_INFINITY], 0],
  ])('%s', (_, before, after, differing) => {
    expect(compared(limits, scores(...before), scores(...after))).toMatchObject({ count: 1, differing });
  });

  test('shows the ratio of what it refuses', () => {
    const { differences } = compared(limits, scores(1, 0), scores(1, 0.5));
    expect(differences).toEqual([{ place: 'row 1', difference: 'scores[1] is 0.5, expected 0 (SQNR 6.0 dB)' }]);
  });

  test('refuses another class, another shape and a missing output', () => {
    const label = (value: number): Tensor => ({
      name: 'label',
      datatype: 'INT32',
      shape: [1],
      data: Int32Array.of(value),
    });
    expect(compared(limits, label(1), label(2)).differing).toBe(1);
    expect(compared(limits, scores(1, 2), scores(1, 2, 3)).differing).toBe(1);
    expect(compared(limits, scores(1, 2), label(1)).differing).toBe(1);
  });

  test('allows numbers in JSON texts a tenth of a score of 1', () => {
    const text = (score: number): Tensor => ({
      name: 'answer',
      datatype: 'BYTES',
      shape: [1],
      data: [Buffer.from(JSON.stringify([{ label: 'a', score }]))],
    });
    expect(compared(limits, text(0.5), text(0.59)).differing).toBe(0);
    expect(compared(limits, text(0.5), text(0.61)).differing).toBe(1);
  });
});

test('the tolerance of replicas is the share of the largest number that the ratio allows', () => {
  expect(toleranceOf({ tolerance, leastSqnr: 20 }, scores(-8, 2)).absolute).toBeCloseTo(0.8, 12);
  expect(toleranceOf({ tolerance, leastSqnr: 20 }, scores(1e-9)).absolute).toBe(tolerance.absolute);
  expect(toleranceOf({ tolerance }, scores(-8, 2))).toBe(tolerance);
});

test('a rejected request counts for each of its rows', () => {
  const comparison = new AnswerComparison({ tolerance });
  comparison.add(['row 1', 'row 2'], [], new InferenceError('INVALID_ARGUMENT', 'no'));
  expect(comparison.result()).toMatchObject({ count: 2, differing: 2 });
});
