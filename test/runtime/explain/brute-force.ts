/** Returns the sums of a row of features. */
export type Predict = (row: Float64Array) => ArrayLike<number>;

/**
 * Computes Shapley values from their definition: over all coalitions of features, with the other features from each
 * background row.
 *
 * @returns effects by feature, then by output
 */
export function shapleyByDefinition(
  predict: Predict,
  instance: Float64Array,
  background: readonly Float64Array[],
): number[][] {
  const features = instance.length;
  const coalitions = 2 ** features;
  const worth = Array.from({ length: coalitions }, (_, members) => {
    const sums = background.map((row) =>
      predict(row.map((value, column) => (members & (1 << column) ? instance[column]! : value))),
    );
    return Array.from(sums[0]!, (_, output) => sums.reduce((sum, each) => sum + each[output]!, 0) / background.length);
  });
  return Array.from(instance, (_, feature) =>
    worth[0]!.map((_, output) => {
      let effect = 0;
      for (let members = 0; members < coalitions; members++) {
        if (members & (1 << feature)) continue;
        const size = members.toString(2).replaceAll('0', '').length;
        const weight = (factorial(size) * factorial(features - size - 1)) / factorial(features);
        effect += weight * (worth[members | (1 << feature)]![output]! - worth[members]![output]!);
      }
      return effect;
    }),
  );
}

function factorial(number: number): number {
  return number < 2 ? 1 : number * factorial(number - 1);
}
