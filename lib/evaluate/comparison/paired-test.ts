/** Level of a two-sided test. The interval has the confidence 1 - `LEVEL`. */
export const LEVEL = 0.05;

/** Quantile of the normal distribution at 1 - `LEVEL` / 2. */
export const INTERVAL_QUANTILE = 1.959963984540054;

/** Test of two versions of a model on the same rows. */
export interface PairedTest {
  readonly test: 'McNemar' | 'paired bootstrap';
  readonly rows: number;
  /** Metric of the version less that of the baseline, or the reverse for metrics of errors: positive is better. */
  readonly gain: number;
  /** Confidence interval of the gain, at 95 %. */
  readonly interval: readonly [number, number];
  /** Two-sided p-value of no gain and no loss. */
  readonly pValue: number;
  /** Variance of the gain times the number of rows. */
  readonly variance: number;
}

/** What a test says of a version. A loss below the margin is accepted. */
export type Verdict =
  | { readonly verdict: 'worse' | 'not worse' }
  | { readonly verdict: 'needs more rows'; readonly moreRows: number };

/** Quantile of the normal distribution at 90 %, the power that the number of rows is planned for. */
const POWER_QUANTILE = 1.2815515655446004;

/** Fewest rows that a bootstrap is trusted with. */
const FEWEST_BOOTSTRAP_ROWS = 30;

/**
 * Decides whether a version is worse than its baseline. It is not worse if the interval excludes a loss of the margin,
 * and worse if the test excludes chance. Otherwise more rows are needed: as many as give either verdict in 90 % of the
 * cases.
 *
 * @param margin accepted loss of the metric, above 0
 */
export function verdictOf(test: PairedTest, margin: number): Verdict {
  const { rows, gain, interval, pValue, variance } = test;
  const isTrusted = test.test === 'McNemar' || rows >= FEWEST_BOOTSTRAP_ROWS;
  if (isTrusted && interval[0] > -margin) return { verdict: 'not worse' };
  if (isTrusted && gain < 0 && pValue < LEVEL) return { verdict: 'worse' };
  const rowsFor = (quantiles: number) => (variance * quantiles ** 2) / margin ** 2;
  const planned = rowsFor(INTERVAL_QUANTILE + POWER_QUANTILE);
  // An interval narrower than the margin cannot have both 0 and the margin, so that it always decides.
  const total = planned > rows ? planned : rowsFor(2 * INTERVAL_QUANTILE);
  const fewest = isTrusted ? rows + 1 : FEWEST_BOOTSTRAP_ROWS;
  return { verdict: 'needs more rows', moreRows: Math.ceil(Math.max(total, fewest)) - rows };
}
