import type { LinearModel } from '../engines/additive-model.js';
import type { RowSums } from '../engines/trees/tree-ensemble.js';

/** Returns the sums of rows. */
export function linearSums({ coefficients, intercepts }: LinearModel, rows: Float64Array): RowSums {
  const outputs = intercepts.length;
  const columns = coefficients.length / outputs;
  const sums = new Float64Array((rows.length / columns) * outputs);
  const magnitudes = new Float64Array(sums.length);
  for (let at = 0; at < sums.length; at++) {
    const row = Math.floor(at / outputs) * columns;
    const weights = (at % outputs) * columns;
    sums[at] = intercepts[at % outputs]!;
    magnitudes[at] = Math.abs(sums[at]!);
    for (let column = 0; column < columns; column++) {
      const value = coefficients[weights + column]! * rows[row + column]!;
      sums[at]! += value;
      magnitudes[at]! += Math.abs(value);
    }
  }
  return { sums, magnitudes };
}

/** Returns the mean of each column. */
export function meanRow(rows: Float64Array, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let at = 0; at < rows.length; at++) means[at % columns]! += rows[at]! / (rows.length / columns);
  return means;
}

/**
 * Returns the exact Shapley values of a linear model: each weight times the difference of the feature from its mean over the
 * background.
 *
 * @param means means of the background, by column
 * @returns effects by instance, then by feature, then by output
 */
export function linearEffects(
  { coefficients, intercepts }: LinearModel,
  instances: Float64Array,
  means: Float64Array,
): Float64Array {
  const outputs = intercepts.length;
  const columns = coefficients.length / outputs;
  const effects = new Float64Array(instances.length * outputs);
  for (let at = 0; at < effects.length; at++) {
    const feature = Math.floor(at / outputs);
    const column = feature % columns;
    effects[at] = coefficients[(at % outputs) * columns + column]! * (instances[feature]! - means[column]!);
  }
  return effects;
}
