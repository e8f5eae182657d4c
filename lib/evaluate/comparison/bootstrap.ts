import { randomNumbers } from '@modelship/runtime/serve';
import { EvaluationDataError } from '../metrics/compute.js';
import { SEED } from '../row-sample.js';
import { INTERVAL_QUANTILE, LEVEL, type PairedTest } from './paired-test.js';

/** Samples of the rows. */
const REPLICATES = 2000;

/**
 * Compares two versions by the paired bootstrap: rows are drawn with replacement, the same for both versions. The
 * interval is that of the percentiles.
 *
 * @param gainOf computes the gain for some rows, by their indices. NaN if it is not defined for them
 * @throws EvaluationDataError if the gain is not defined for half of the samples
 */
export function bootstrapTest(rows: number, gainOf: (rows: readonly number[]) => number): PairedTest {
  const random = randomNumbers(SEED);
  const gain = gainOf(Array.from({ length: rows }, (_, row) => row));
  const sample = new Array<number>(rows);
  const gains: number[] = [];
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    for (let row = 0; row < rows; row++) sample[row] = Math.floor(random() * rows);
    const drawn = gainOf(sample);
    if (!Number.isNaN(drawn)) gains.push(drawn);
  }
  if (gains.length < REPLICATES / 2) {
    throw new EvaluationDataError('the metric is not defined for most samples of these rows. Add rows.');
  }
  gains.sort((one, other) => one - other);
  const percentile = (share: number) => gains[Math.round(share * (gains.length - 1))]!;
  const interval = [percentile(LEVEL / 2), percentile(1 - LEVEL / 2)] as const;
  const tail = Math.min(gains.filter((each) => each <= 0).length, gains.filter((each) => each >= 0).length);
  return {
    test: 'paired bootstrap',
    rows,
    gain,
    interval,
    pValue: Math.min(1, (2 * (tail + 1)) / (gains.length + 1)),
    variance: rows * ((interval[1] - interval[0]) / (2 * INTERVAL_QUANTILE)) ** 2,
  };
}
