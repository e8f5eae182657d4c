import { describe, expect, it } from 'vitest';
import { foundObjects } from '../../../../runtime/src/tasks/images/detection.js';
import { preprocess } from '../../../../runtime/src/tasks/images/preprocess.js';

const LABELS = ['cat', 'dog'];
const logits = (...scores: number[]) => Float32Array.from(scores);
/** A picture of 200 x 100 that was halved and centered in a square of 120. */
const PICTURE = preprocess(
  { width: 200, height: 100, channels: 3, data: new Uint8Array(200 * 100 * 3), orientation: 1 },
  {
    preprocessing: [
      { type: 'resize', maxHeight: 100, maxWidth: 100, filter: 'nearest' },
      { type: 'pad', height: 120, width: 120, value: 114, position: 'center' },
    ],
    layout: 'NCHW',
  },
);

const TASK = {
  activation: 'none' as const,
  boxes: { output: 'boxes', format: 'corners' as const, unit: 'pixel' as const },
  threshold: 0.5,
};

describe('boxes of objects', () => {
  it('are in pixels of the original picture after a resize and padding, and end at its sides', () => {
    const boxes = Float32Array.of(10, 35, 110, 85, 20, 40, 60, 60, 0, 0, 120, 120);
    const found = foundObjects(TASK, { logits: logits(0.9, 0, 0, 0.8, 0.7, 0), boxes, labels: LABELS }, PICTURE);
    expect(found.map(({ label, box }) => [label, ...Object.values(box)])).toEqual([
      ['cat', 0, 0, 200, 100],
      ['dog', 20, 10, 100, 50],
      ['cat', 0, 0, 200, 100],
    ]);
    const fractions = Float32Array.of(0.5, 0.5, 0.5, 0.25);
    const centered = { ...TASK, boxes: { output: 'boxes', format: 'center' as const, unit: 'fraction' as const } };
    expect(foundObjects(centered, { logits: logits(0, 0.6), boxes: fractions, labels: LABELS }, PICTURE)).toEqual([
      { score: expect.closeTo(0.6, 6), label: 'dog', box: { xmin: 40, ymin: 20, xmax: 160, ymax: 80 } },
    ]);
  });

  it('leave out those that overlap a better one, of the same class or of any', () => {
    const boxes = Float32Array.of(10, 40, 60, 80, 12, 40, 60, 80, 10, 42, 60, 80, 70, 40, 90, 60);
    const given = { logits: logits(0.9, 0, 0.8, 0, 0, 0.7, 0.6, 0), boxes, labels: LABELS };
    const labels = (perClass: boolean) =>
      foundObjects({ ...TASK, suppression: { overlap: 0.5, perClass } }, given, PICTURE).map(({ label, score }) => [
        label,
        Math.round(score * 10) / 10,
      ]);
    expect(labels(true)).toEqual([
      ['cat', 0.9],
      ['dog', 0.7],
      ['cat', 0.6],
    ]);
    expect(labels(false)).toEqual([
      ['cat', 0.9],
      ['cat', 0.6],
    ]);
  });

  it('are reported for each class above the threshold when classes do not exclude each other', () => {
    const task = { ...TASK, activation: 'sigmoid' as const, threshold: 0.6 };
    const given = { logits: logits(2, 1), boxes: Float32Array.of(10, 35, 110, 85), labels: LABELS };
    expect(foundObjects(task, given, PICTURE).map(({ label }) => label)).toEqual(['cat', 'dog']);
  });
});
