/** Most points of a series, so that a page with many rows stays small. */
const MAXIMUM_POINTS = 1000;

/** Returns evenly spaced elements of a list that has too many. The first and the last are kept. */
export function thinned<Element>(list: readonly Element[]): readonly Element[] {
  if (list.length <= MAXIMUM_POINTS) return list;
  const step = (list.length - 1) / (MAXIMUM_POINTS - 1);
  return Array.from({ length: MAXIMUM_POINTS }, (_, index) => list[Math.round(index * step)]!);
}
