/** Sums of weights for one class. */
export interface ClassCounts {
  /** What is of the class and was predicted as such. */
  readonly hits: number;
  /** What is of the class. */
  readonly expected: number;
  /** What was predicted as the class. */
  readonly predicted: number;
}

/** Share of a class. 0 where nothing counts, as in scikit-learn. */
export type ClassShare = (counts: ClassCounts) => number;

export const precisionOf: ClassShare = ({ hits, predicted }) => share(hits, predicted);
export const recallOf: ClassShare = ({ hits, expected }) => share(hits, expected);
export const f1Of: ClassShare = ({ hits, expected, predicted }) => share(2 * hits, expected + predicted);
export const jaccardOf: ClassShare = ({ hits, expected, predicted }) => share(hits, expected + predicted - hits);

/** Returns the sum of the counts of several classes. */
export function totalOf(counts: readonly ClassCounts[]): ClassCounts {
  const sum = (side: keyof ClassCounts) => counts.reduce((all, each) => all + each[side], 0);
  return { hits: sum('hits'), expected: sum('expected'), predicted: sum('predicted') };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
