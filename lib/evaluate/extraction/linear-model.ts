import type { Rows, Surrogate } from './surrogate.js';

/** Weight of the penalty, which only keeps the equations solvable. */
const RIDGE = 1e-9;

/** Fits a linear model to each of the targets by least squares. */
export function fitLinear(features: Rows, targets: Rows): Surrogate {
  const width = features[0]!.length;
  const { means, deviations } = scalesOf(features);
  const scaled = (row: Float64Array) => {
    const own = Float64Array.from(row, (value, column) => (value - means[column]!) / deviations[column]!);
    return Float64Array.of(...own, 1);
  };
  const size = width + 1;
  const equations = Array.from({ length: size }, () => new Float64Array(size));
  const sides = Array.from({ length: size }, () => new Float64Array(targets[0]!.length));
  for (const [index, row] of features.entries()) {
    const own = scaled(row);
    for (let one = 0; one < size; one++) {
      for (let other = 0; other <= one; other++) equations[one]![other]! += own[one]! * own[other]!;
      for (const [target, value] of targets[index]!.entries()) sides[one]![target]! += own[one]! * value;
    }
  }
  for (let column = 0; column < width; column++) equations[column]![column]! += RIDGE * features.length;
  const weights = solved(equations, sides);
  return {
    predict(row) {
      const own = scaled(row);
      return Float64Array.from(sides[0]!, (_, target) =>
        own.reduce((sum, value, column) => sum + value * weights[column]![target]!, 0),
      );
    },
  };
}

function scalesOf(features: Rows): { readonly means: Float64Array; readonly deviations: Float64Array } {
  const means = Float64Array.from(features[0]!, (_, column) => mean(features, (row) => row[column]!));
  const deviations = means.map((center, column) => Math.sqrt(mean(features, (row) => (row[column]! - center) ** 2)));
  // A constant column is 0 for every row.
  return { means, deviations: deviations.map((each) => each || 1) };
}

function mean(features: Rows, numberOf: (row: Float64Array) => number): number {
  return features.reduce((sum, row) => sum + numberOf(row), 0) / features.length;
}

/**
 * Solves linear equations by Cholesky's method.
 *
 * @param equations lower half of a symmetric positive definite matrix. It is overwritten
 * @param sides right sides. They are overwritten
 */
function solved(equations: readonly Float64Array[], sides: readonly Float64Array[]): readonly Float64Array[] {
  const size = equations.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = equations[row]![column]!;
      for (let step = 0; step < column; step++) value -= equations[row]![step]! * equations[column]![step]!;
      equations[row]![column] =
        row === column ? Math.sqrt(Math.max(value, RIDGE)) : value / equations[column]![column]!;
    }
  }
  for (let target = 0; target < sides[0]!.length; target++) {
    for (let row = 0; row < size; row++) {
      for (let step = 0; step < row; step++) sides[row]![target]! -= equations[row]![step]! * sides[step]![target]!;
      sides[row]![target]! /= equations[row]![row]!;
    }
    for (let row = size - 1; row >= 0; row--) {
      for (let step = row + 1; step < size; step++) {
        sides[row]![target]! -= equations[step]![row]! * sides[step]![target]!;
      }
      sides[row]![target]! /= equations[row]![row]!;
    }
  }
  return sides;
}
