import type { ObjectDetectionTask } from '../../manifest/index.js';
import { activate } from '../activation.js';
import type { PreparedPicture } from './preprocess.js';

/** An object in a picture, as the pipelines of Transformers report it. */
export interface FoundObject {
  readonly score: number;
  readonly label: string;
  /** Whole pixels of the original picture. */
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
}

/** Left, top, right and bottom in pixels of the original picture. */
type Corners = readonly [left: number, top: number, right: number, bottom: number];

interface Candidate {
  readonly score: number;
  readonly index: number;
  readonly corners: Corners;
}

/**
 * Returns the objects that a model found in one picture, best first.
 *
 * @param logits classes of each box: `[boxes, classes]`
 * @param boxes positions of each box: `[boxes, 4]`
 */
export function foundObjects(
  task: Omit<ObjectDetectionTask, 'type' | 'preprocessing' | 'layout' | 'output'>,
  { logits, boxes, labels }: { logits: Float32Array; boxes: Float32Array; labels: readonly string[] },
  picture: Pick<PreparedPicture, 'height' | 'width' | 'original' | 'placement'>,
): FoundObject[] {
  const { activation, background, suppression, threshold } = task;
  const classes = labels.length;
  const candidates: Candidate[] = [];
  for (let row = 0; row < logits.length / classes; row++) {
    const scores = activate(activation, logits.subarray(row * classes, (row + 1) * classes));
    let best = -1;
    const corners = cornersOf(task.boxes, boxes.subarray(row * 4, row * 4 + 4), picture);
    for (let index = 0; index < classes; index++) {
      const score = scores[index]!;
      if (index === background) continue;
      // Classes that exclude each other leave one label for each box.
      if (activation === 'sigmoid') {
        if (score > threshold) candidates.push({ score, index, corners });
      } else if (best === -1 || score > scores[best]!) best = index;
    }
    const score = scores[best]!;
    if (best !== -1 && score > threshold) candidates.push({ score, index: best, corners });
  }
  candidates.sort((left, right) => right.score - left.score);
  const kept = suppression ? suppressed(candidates, suppression) : candidates;
  return kept.map(({ score, index, corners }) => {
    const [xmin, ymin, xmax, ymax] = corners.map(Math.trunc) as [number, number, number, number];
    return { score, label: labels[index]!, box: { xmin, ymin, xmax, ymax } };
  });
}

function cornersOf(
  { format, unit }: ObjectDetectionTask['boxes'],
  box: Float32Array,
  { height, width, original, placement }: Pick<PreparedPicture, 'height' | 'width' | 'original' | 'placement'>,
): Corners {
  const [first, second, third, fourth] = box as unknown as [number, number, number, number];
  const [left, top, right, bottom] =
    format === 'corners'
      ? [first, second, third, fourth]
      : [first - third / 2, second - fourth / 2, first + third / 2, second + fourth / 2];
  const isFraction = unit === 'fraction';
  const x = (value: number) =>
    limited(((isFraction ? value * width : value) - placement.left) / placement.scaleX, original.width);
  const y = (value: number) =>
    limited(((isFraction ? value * height : value) - placement.top) / placement.scaleY, original.height);
  return [x(left), y(top), x(right), y(bottom)];
}

const limited = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** Removes each box that overlaps a kept one with a higher score by more than the limit. */
function suppressed(
  candidates: readonly Candidate[],
  { overlap, perClass }: NonNullable<ObjectDetectionTask['suppression']>,
): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    const isDouble = kept.some(
      (other) =>
        (!perClass || other.index === candidate.index) && shareOfBoth(other.corners, candidate.corners) > overlap,
    );
    if (!isDouble) kept.push(candidate);
  }
  return kept;
}

/** Returns the area that both boxes cover, as a share of the area that either covers. */
function shareOfBoth(one: Corners, other: Corners): number {
  const area = ([left, top, right, bottom]: Corners) => Math.max(0, right - left) * Math.max(0, bottom - top);
  const both = area([
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ]);
  return both === 0 ? 0 : both / (area(one) + area(other) - both);
}
