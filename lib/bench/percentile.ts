/** The value below which `share` of the sorted `values` lie, by the nearest rank. There is at least one. */
export function percentile(values: Float64Array, share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}
