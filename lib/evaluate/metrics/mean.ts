/** Weights of the rows of a data set. @default - every row has the weight 1 */
export type Weights = readonly number[] | undefined;

/** Returns the weighted mean of a value of each row. */
export function meanOf(rows: number, weights: Weights, figureOf: (row: number) => number): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights ? weights[row]! : 1;
    // The value of a row that does not count may be NaN.
    if (weight !== 0) sum += weight * figureOf(row);
    total += weight;
  }
  return sum / total;
}

/** Returns the mean of the numbers, all with the same weight. */
export function plainMean(values: readonly number[]): number {
  return meanOf(values.length, undefined, (index) => values[index]!);
}
