/** Returns the percentile of the sorted, non-empty `values` at `share`, by the nearest-rank method. */
export function percentile(values: Float64Array, share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}
