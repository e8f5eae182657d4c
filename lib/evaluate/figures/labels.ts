import type { Label, Labels } from '../metrics/classification.js';
import type { Matrix, NameOf } from './figure.js';

/** Most classes of a matrix, so that it can be read. */
const MAXIMUM_CLASSES = 20;

/** Name of all other classes together. */
const OTHERS = 'others';

/** Returns how often each class was predicted for the rows of each class. */
export function confusionMatrix(labels: Labels, nameOf: NameOf): Matrix {
  const classes = mostFrequent(labels.expected.concat(labels.predicted));
  return matrixOf(labels, nameOf, {
    title: 'Confusion matrix',
    axes: ['expected', 'predicted'],
    rows: classes,
    columns: classes,
  });
}

/** Returns how many rows of each class each cluster has. */
export function contingencyMatrix(labels: Labels, nameOf: NameOf): Matrix {
  return matrixOf(labels, nameOf, {
    title: 'Classes by cluster',
    axes: ['class', 'cluster'],
    rows: mostFrequent(labels.expected),
    columns: mostFrequent(labels.predicted),
  });
}

/** Shape of a matrix, with its classes by number. */
interface MatrixShape extends Pick<Matrix, 'title' | 'axes'> {
  readonly rows: readonly Label[];
  readonly columns: readonly Label[];
}

function matrixOf({ expected, predicted, weights }: Labels, nameOf: NameOf, shape: MatrixShape): Matrix {
  const rowNames = namesWithOthers(shape.rows, expected, nameOf);
  const columnNames = namesWithOthers(shape.columns, predicted, nameOf);
  const counts = rowNames.map(() => columnNames.map(() => 0));
  const placeIn = (classes: readonly Label[]) => {
    const places = new Map(classes.map((each, place) => [each, place]));
    return (each: Label) => places.get(each) ?? classes.length;
  };
  const rowOf = placeIn(shape.rows);
  const columnOf = placeIn(shape.columns);
  for (const [row, each] of expected.entries()) {
    counts[rowOf(each)]![columnOf(predicted[row]!)]! += weights?.[row] ?? 1;
  }
  const { title, axes } = shape;
  const isCut = rowNames.includes(OTHERS) || columnNames.includes(OTHERS);
  return {
    kind: 'matrix',
    title,
    axes,
    rows: rowNames,
    columns: columnNames,
    counts,
    ...(isCut && { note: `The ${MAXIMUM_CLASSES} most frequent are shown.` }),
  };
}

/** Returns the names of classes, and one for all others that occur. */
function namesWithOthers(classes: readonly Label[], all: readonly Label[], nameOf: NameOf): string[] {
  const shown = new Set(classes);
  const own = classes.map((each) => nameOf(each));
  return all.some((each) => !shown.has(each)) ? [...own, OTHERS] : own;
}

/** Returns the most frequent classes, in the order of their numbers. */
function mostFrequent(classes: readonly Label[]): Label[] {
  const counts = new Map<Label, number>();
  for (const each of classes) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, MAXIMUM_CLASSES)
    .map(([each]) => each)
    .sort((one, other) => Number(one) - Number(other));
}
