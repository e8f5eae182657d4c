import type { LinearModel } from '../engines/additive-model.js';

/** Returns the sums of rows, by row, then by output. */
export function linearSums({ coefficients, intercepts }: LinearModel, rows: Float64Array): Float64Array {
  const outputs = intercepts.length;
  const columns = coefficients.length / outputs;
  const sums = new Float64Array((rows.length / columns) * outputs);
  for (let at = 0; at < sums.length; at++) {
    const row = Math.floor(at / outputs) * columns;
    const weights = (at % outputs) * columns;
    sums[at] = intercepts[at % outputs]!;
    for (let column = 0; column < columns; column++) sums[at]! += coefficients[weights + column]! * rows[row + column]!;
  }
  return sums;
}

/**
 * Returns the exact Shapley values of a linear model: each weight times the difference of the feature from its mean over the
 * background.
 *
 * @returns effects by instance, then by feature, then by output
 */
export function linearEffects(
  { coefficients, intercepts }: LinearModel,
  instances: Float64Array,
  background: Float64Array,
): Float64Array {
  const outputs = intercepts.length;
  const columns = coefficients.length / outputs;
  const means = new Float64Array(columns);
  for (let at = 0; at < background.length; at++)
    means[at % columns]! += background[at]! / (background.length / columns);
  const effects = new Float64Array(instances.length * outputs);
  for (let at = 0; at < effects.length; at++) {
    const feature = Math.floor(at / outputs);
    const column = feature % columns;
    effects[at] = coefficients[(at % outputs) * columns + column]! * (instances[feature]! - means[column]!);
  }
  return effects;
}
