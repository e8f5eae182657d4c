/** Number of parts that the scores are divided into, and the fewest rows of a part. */
const PARTS = 50;
const FEWEST_OF_PART = 20;

/** Share of rows that are of a class, by the score of the class: linear between knots, and constant before and after them. */
export interface Calibration {
  /** Lowest score in the reference data. */
  min: number;
  /** Highest score in the reference data. */
  max: number;
  /** Scores, in ascending order. */
  knots: number[];
  /** Share of rows of the class at each knot. A higher score never has a lower share. */
  shares: number[];
  /** Number of rows of the reference data at each knot. */
  rows: number[];
}

/** Score of a class in a row, and whether the row is of that class. */
export interface LabelledScore {
  readonly score: number;
  readonly isOfClass: boolean;
}

/** Rows with scores close to each other. */
interface Part {
  readonly sum: number;
  readonly rows: number;
  readonly ofClass: number;
}

/**
 * Learns the shares by isotonic regression over parts of equal size. Equal scores are in the same part.
 *
 * @returns undefined without scores
 */
export function calibrate(scores: readonly LabelledScore[]): Calibration | undefined {
  if (scores.length === 0) return undefined;
  const sorted = [...scores].sort((a, b) => a.score - b.score);
  const parts = partsOf(sorted);
  return {
    min: sorted[0]!.score,
    max: sorted.at(-1)!.score,
    knots: parts.map(({ sum, rows }) => sum / rows),
    shares: isotonic(parts),
    rows: parts.map(({ rows }) => rows),
  };
}

/** Values of a score between knots. */
interface ScoresBetweenKnots {
  /** Number of scores up to each knot, and above the last. */
  readonly counts: ArrayLike<number>;
  /** Sum of their distances to the knot before. */
  readonly sums: ArrayLike<number>;
}

/** Rows of a class that are expected among rows with certain scores. */
export interface ExpectedRows {
  readonly rows: number;
  /** Variance that comes from the limited number of rows in the reference data. */
  readonly variance: number;
}

/** Returns how many of the rows are expected to be of the class. The sums make this exact for every distribution of scores. */
export function expectedRows({ knots, shares, rows }: Calibration, live: ScoresBetweenKnots): ExpectedRows {
  let [expected, variance] = [0, 0];
  for (const [place, weight] of weightsOf(knots, live).entries()) {
    expected += weight * shares[place]!;
    // Laplace's rule: a share of 0 or 1 in a few rows is not certain.
    const share = (shares[place]! * rows[place]! + 1) / (rows[place]! + 2);
    variance += (weight ** 2 * share * (1 - share)) / rows[place]!;
  }
  return { rows: expected, variance };
}

/** Divides each row between the two knots around its score. */
function weightsOf(knots: readonly number[], { counts, sums }: ScoresBetweenKnots): Float64Array {
  const weights = new Float64Array(knots.length);
  const last = knots.length - 1;
  weights[0]! += counts[0]!;
  weights[last]! += counts[last + 1]!;
  for (let place = 1; place <= last; place++) {
    const above = sums[place]! / (knots[place]! - knots[place - 1]!);
    weights[place]! += above;
    weights[place - 1]! += counts[place]! - above;
  }
  return weights;
}

function partsOf(sorted: readonly LabelledScore[]): Part[] {
  const size = Math.max(FEWEST_OF_PART, Math.ceil(sorted.length / PARTS));
  const parts: Part[] = [];
  let open: Part = { sum: 0, rows: 0, ofClass: 0 };
  for (const [index, { score, isOfClass }] of sorted.entries()) {
    if (open.rows >= size && score !== sorted[index - 1]!.score) {
      parts.push(open);
      open = { sum: 0, rows: 0, ofClass: 0 };
    }
    open = { sum: open.sum + score, rows: open.rows + 1, ofClass: open.ofClass + Number(isOfClass) };
  }
  const before = open.rows < size ? parts.pop() : undefined;
  return [...parts, before ? joined(before, open) : open];
}

function joined(one: Part, other: Part): Part {
  return { sum: one.sum + other.sum, rows: one.rows + other.rows, ofClass: one.ofClass + other.ofClass };
}

/** Returns the share of each part so that they never decrease: parts that would are joined (pool adjacent violators). */
function isotonic(parts: readonly Part[]): number[] {
  const pools: { part: Part; parts: number }[] = [];
  const shareOf = ({ ofClass, rows }: Part) => ofClass / rows;
  for (const part of parts) {
    let pool = { part, parts: 1 };
    for (let last = pools.at(-1); last && shareOf(last.part) >= shareOf(pool.part); last = pools.at(-1)) {
      pools.pop();
      pool = { part: joined(last.part, pool.part), parts: last.parts + pool.parts };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ part, parts: count }) => new Array<number>(count).fill(shareOf(part)));
}
