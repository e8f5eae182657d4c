import { plainMean } from './mean.js';

/** Left, top, right and bottom in pixels. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Object in a picture. */
export interface LabelledBox {
  readonly label: string;
  readonly box: Box;
}

/** Object that a model found. */
export interface FoundBox extends LabelledBox {
  readonly score: number;
}

/** Objects of each picture. */
export interface Detections {
  readonly expected: readonly (readonly LabelledBox[])[];
  readonly predicted: readonly (readonly FoundBox[])[];
}

/** Best objects of a class and picture that count, as in COCO. */
const MAXIMUM_OBJECTS = 100;

/** Overlaps from 0.5 to 0.95 at which a found object counts as right, computed as NumPy does. */
const OVERLAPS = Array.from({ length: 10 }, (_, index) => 0.5 + index * ((0.95 - 0.5) / 9));

const OVERLAP_INDICES = OVERLAPS.map((_, index) => index);

/** Values of the recall at which the precision is read. */
const RECALLS = Array.from({ length: 101 }, (_, index) => index * 0.01);

/** Mean of the average precision over classes and overlaps from 0.5 to 0.95. */
export function meanAveragePrecisionOfObjects(detections: Detections): number {
  return meanOf(detections, OVERLAP_INDICES, ({ precision }) => precision);
}

/** The same at an overlap of 0.5. */
export function meanAveragePrecision50(detections: Detections): number {
  return meanOf(detections, [0], ({ precision }) => precision);
}

/** The same at an overlap of 0.75. */
export function meanAveragePrecision75(detections: Detections): number {
  return meanOf(detections, [5], ({ precision }) => precision);
}

/** Mean of the recall over classes and overlaps from 0.5 to 0.95. */
export function meanAverageRecall(detections: Detections): number {
  return meanOf(detections, OVERLAP_INDICES, ({ recall }) => recall);
}

interface ClassFigures {
  /** Average precision. */
  readonly precision: number;
  readonly recall: number;
}

/** Object that a model found. */
interface Match {
  readonly score: number;
  /** Whether it is right, at each of the overlaps. */
  readonly isRight: readonly boolean[];
}

/** Objects of a class, in one picture or several. */
interface ClassMatches {
  /** Number of objects that the pictures have. */
  wanted: number;
  readonly found: Match[];
}

/** Returns the mean over the classes that pictures have. NaN if no picture has an object. */
function meanOf(
  detections: Detections,
  overlaps: readonly number[],
  figureOf: (figures: ClassFigures) => number,
): number {
  const figures = [...matchesByClass(detections).values()].flatMap((matches) =>
    overlaps.map((index) => figuresAt(matches, index)),
  );
  return figures.length === 0 ? Number.NaN : plainMean(figures.map(figureOf));
}

/** Objects of one class in all pictures. */
export interface ClassDetections extends ClassFigures {
  readonly label: string;
  readonly expected: number;
  readonly predicted: number;
}

/** Returns the precision and recall at an overlap of 0.5 for each class that pictures have. */
export function detectionsByClass(detections: Detections): ClassDetections[] {
  return [...matchesByClass(detections)].map(([label, matches]) => ({
    label,
    expected: matches.wanted,
    predicted: matches.found.length,
    ...figuresAt(matches, 0),
  }));
}

/** Returns the objects of each class that pictures have, the found ones by falling scores. */
function matchesByClass({ expected, predicted }: Detections): ReadonlyMap<string, ClassMatches> {
  const classes = new Map<string, ClassMatches>();
  for (const [picture, objects] of expected.entries()) {
    for (const [label, { wanted, found }] of matchesOf(objects, predicted[picture]!)) {
      const own = classes.get(label) ?? { wanted: 0, found: [] };
      classes.set(label, own);
      own.wanted += wanted;
      own.found.push(...found);
    }
  }
  for (const [label, { wanted, found }] of classes) {
    if (wanted === 0) classes.delete(label);
    found.sort((one, other) => other.score - one.score);
  }
  return classes;
}

function figuresAt({ found, wanted }: ClassMatches, overlapIndex: number): ClassFigures {
  return classFigures(
    found.map(({ isRight }) => isRight[overlapIndex]!),
    wanted,
  );
}

type PictureMatches = ReadonlyMap<string, Readonly<ClassMatches>>;

/** Matches of pictures, by their objects. The bootstrap draws the same pictures thousands of times. */
const KNOWN = new WeakMap<readonly LabelledBox[], WeakMap<readonly FoundBox[], PictureMatches>>();

/** Returns the objects of one picture, by their class. */
function matchesOf(expected: readonly LabelledBox[], predicted: readonly FoundBox[]): PictureMatches {
  const known = KNOWN.get(expected) ?? new WeakMap<readonly FoundBox[], PictureMatches>();
  KNOWN.set(expected, known);
  const matches = known.get(predicted) ?? matchesByLabel(expected, predicted);
  known.set(predicted, matches);
  return matches;
}

function matchesByLabel(expected: readonly LabelledBox[], predicted: readonly FoundBox[]): PictureMatches {
  const labels = new Set([...expected, ...predicted].map(({ label }) => label));
  return new Map(
    [...labels].map((label) => {
      const boxes = expected.filter((each) => each.label === label).map(({ box }) => box);
      const found = predicted
        .filter((each) => each.label === label)
        .sort((one, other) => other.score - one.score)
        .slice(0, MAXIMUM_OBJECTS);
      const covered = found.map(({ box }) => boxes.map((own) => overlap(box, own)));
      const rights = OVERLAPS.map((least) => rightOf(covered, least));
      const matches = found.map(({ score }, index) => ({ score, isRight: rights.map((right) => right[index]!) }));
      return [label, { wanted: boxes.length, found: matches }];
    }),
  );
}

/**
 * Gives each found object, best first, the object that it covers best and that no better one has. Returns whether it got one.
 *
 * @param overlaps overlap of each found object with every object of the picture
 */
function rightOf(overlaps: readonly (readonly number[])[], least: number): boolean[] {
  const taken = new Set<number>();
  return overlaps.map((own) => {
    let best = -1;
    let most = Math.min(least, 1 - 1e-10);
    for (const [object, covered] of own.entries()) {
      if (taken.has(object) || covered < most) continue;
      most = covered;
      best = object;
    }
    if (best >= 0) taken.add(best);
    return best >= 0;
  });
}

/** @param found whether each found object is right, best first */
function classFigures(found: readonly boolean[], wanted: number): ClassFigures {
  let right = 0;
  const points = found.map((isRight, index) => {
    if (isRight) right++;
    return { recall: right / wanted, precision: right / (index + 1 + Number.EPSILON) };
  });
  // The precision at a recall is the best at that recall or above.
  let best = 0;
  const precisions = points.map(({ precision }) => precision);
  for (let index = precisions.length - 1; index >= 0; index--) {
    best = Math.max(best, precisions[index]!);
    precisions[index] = best;
  }
  let point = 0;
  let sum = 0;
  for (const recall of RECALLS) {
    while (point < points.length && points[point]!.recall < recall) point++;
    sum += precisions[point] ?? 0;
  }
  return { precision: sum / RECALLS.length, recall: right / wanted };
}

/** Returns the area that both boxes cover, as a share of the area that either covers. */
function overlap(one: Box, other: Box): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (areaOf(one) + areaOf(other) - both);
}

function areaOf([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top);
}
