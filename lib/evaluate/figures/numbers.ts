import type { Chart, Point } from '../../report/chart.js';
import type { Numbers } from '../metrics/regression.js';
import type { Figure } from './figure.js';
import { thinned } from './thinned.js';

/** Bins of the histogram. */
const BINS = 24;

/** Returns the predictions by the actual values, and the errors. */
export function numberFigures({ expected, predicted, weights }: Numbers): Figure[] {
  // The kept rows are spread evenly over the data set.
  const rows = thinned(expected.map((_, row) => row).filter((row) => weights?.[row] !== 0));
  const note =
    rows.length < expected.length ? { note: `${rows.length} of ${expected.length} rows are shown.` } : undefined;
  const actual = rows.map((row): Point => [expected[row]!, predicted[row]!]);
  const residuals = rows.map((row): Point => [predicted[row]!, predicted[row]! - expected[row]!]);
  return [
    {
      kind: 'chart',
      title: 'Predicted against actual',
      x: { label: 'actual' },
      y: { label: 'predicted' },
      series: [
        { name: 'rows', shape: 'dots', points: actual },
        { name: 'equal', shape: 'line', points: ends(actual.flat(), (value) => [value, value]), isReference: true },
      ],
      ...note,
    },
    {
      kind: 'chart',
      title: 'Residuals',
      x: { label: 'predicted' },
      y: { label: 'predicted less actual' },
      series: [
        { name: 'rows', shape: 'dots', points: residuals },
        {
          name: 'no error',
          shape: 'line',
          points: ends(
            residuals.map(([value]) => value),
            (value) => [value, 0],
          ),
          isReference: true,
        },
      ],
      ...note,
    },
    histogram('Distribution of the residuals', 'predicted less actual', {
      values: expected.map((value, row) => predicted[row]! - value),
      weights,
    }),
  ];
}

/** Returns the points at the smallest and the largest value. */
function ends(values: readonly number[], pointOf: (value: number) => Point): Point[] {
  return rangeOf(values).map(pointOf);
}

function rangeOf(values: readonly number[]): [number, number] {
  return [
    values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY),
    values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY),
  ];
}

/** Values, and how much each counts. */
interface Weighted extends Pick<Numbers, 'weights'> {
  readonly values: readonly number[];
}

/** Returns how many values are in each of equally wide bins. */
function histogram(title: string, label: string, { values, weights }: Weighted): Chart {
  const [low, high] = rangeOf(values);
  const wide = (high - low) / BINS || 1;
  const counts = Array.from({ length: BINS }, () => 0);
  for (const [index, value] of values.entries()) {
    counts[Math.min(BINS - 1, Math.floor((value - low) / wide))]! += weights?.[index] ?? 1;
  }
  return {
    kind: 'chart',
    title,
    x: { label, range: [low, low + BINS * wide] },
    y: { label: 'rows', range: [0, Math.max(...counts)] },
    series: [{ name: 'count', shape: 'bars', points: counts.map((count, bin) => [low + (bin + 0.5) * wide, count]) }],
  };
}
