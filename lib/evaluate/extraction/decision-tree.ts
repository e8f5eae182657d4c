import type { Rows, Surrogate } from './surrogate.js';

/** Most splits from the root to a leaf. */
const MAXIMUM_DEPTH = 16;

/** Fewest rows of a leaf. */
const FEWEST_ROWS = 2;

type Node =
  | { readonly column: number; readonly threshold: number; readonly below: Node; readonly above: Node }
  | { readonly mean: Float64Array };

/** Split of rows at a threshold of a column. */
interface Split {
  readonly column: number;
  readonly threshold: number;
  /** Sum of the squared distances that the split removes. */
  readonly gain: number;
}

/**
 * Fits a regression tree to the targets, as CART does: each split removes the most squared distance from the means. With 1
 * for the class of a row and 0 for the others, this is the Gini criterion.
 */
export function fitTree(features: Rows, targets: Rows): Surrogate {
  const root = grown(features, targets, [...features.keys()], 0);
  return {
    predict(row) {
      let node = root;
      while ('column' in node) node = row[node.column]! <= node.threshold ? node.below : node.above;
      return node.mean;
    },
  };
}

function grown(features: Rows, targets: Rows, rows: readonly number[], depth: number): Node {
  const split =
    depth < MAXIMUM_DEPTH && rows.length >= 2 * FEWEST_ROWS ? bestSplit(features, targets, rows) : undefined;
  if (!split) {
    const mean = sumOf(targets, rows).map((value) => value / rows.length);
    return { mean };
  }
  const { column, threshold } = split;
  const isBelow = (row: number) => features[row]![column]! <= threshold;
  const below = rows.filter(isBelow);
  const above = rows.filter((row) => !isBelow(row));
  return {
    column,
    threshold,
    below: grown(features, targets, below, depth + 1),
    above: grown(features, targets, above, depth + 1),
  };
}

/** Returns the best split. @returns undefined if no split separates the targets */
function bestSplit(features: Rows, targets: Rows, rows: readonly number[]): Split | undefined {
  const total = sumOf(targets, rows);
  const before = squares(total) / rows.length;
  let best: Split | undefined;
  for (const column of features[0]!.keys()) {
    const order = [...rows].sort((one, other) => features[one]![column]! - features[other]![column]!);
    const below = new Float64Array(total.length);
    for (let count = 1; count < order.length; count++) {
      const row = order[count - 1]!;
      for (let target = 0; target < below.length; target++) below[target]! += targets[row]![target]!;
      const [value, next] = [features[row]![column]!, features[order[count]!]![column]!];
      if (value === next || count < FEWEST_ROWS || order.length - count < FEWEST_ROWS) continue;
      const above = total.map((sum, target) => sum - below[target]!);
      const gain = squares(below) / count + squares(above) / (order.length - count) - before;
      if (gain > (best?.gain ?? 1e-12 * Math.abs(before))) best = { column, threshold: (value + next) / 2, gain };
    }
  }
  return best;
}

function sumOf(targets: Rows, rows: readonly number[]): Float64Array {
  const sum = new Float64Array(targets[0]!.length);
  for (const row of rows) for (const [target, value] of targets[row]!.entries()) sum[target]! += value;
  return sum;
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
