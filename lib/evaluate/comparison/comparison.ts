import { figure, signed } from '../../report/figure.js';
import type { MetricKind } from '../metrics/table.js';
import type { RowEvaluation, RowMetrics } from '../row-evaluation.js';
import { compareVersions } from './compare-versions.js';
import { type PairedTest, type Verdict, verdictOf } from './paired-test.js';

/** Options of a comparison. */
export interface ComparisonOptions {
  /** Baseline, for reports. */
  readonly against: string;
  /** @default - a metric by the task */
  readonly metric?: string | undefined;
  /** Accepted loss of the metric. @default 0.01 */
  readonly margin?: number | undefined;
}

/** Comparison of a model with a baseline on the same rows. */
export type Comparison = Omit<PairedTest, 'rows' | 'variance'> &
  Verdict & {
    readonly against: string;
    /** Metrics of the baseline. */
    readonly metrics: RowMetrics['metrics'];
    readonly metric: string;
    readonly margin: number;
    /** What is compared. */
    readonly unit: RowEvaluation['unit'];
  };

/** Metric that stands for the quality of a model, for each kind of metrics. */
const DEFAULT_METRICS: Partial<Record<MetricKind, string>> = {
  labels: 'accuracy',
  numbers: 'r2',
  clusters: 'adjusted_rand_index',
  labelSets: 'subset_accuracy',
  rankings: 'ndcg',
  entities: 'entity_f1',
  objects: 'map',
};

/** Accepted loss of a metric that does not have the unit of the labels. */
const DEFAULT_MARGIN = 0.01;

/** Returns the given metric, or else the one that stands for the quality of a model with this task. */
export function metricOrDefault({ kinds }: RowEvaluation, metric?: string): string {
  return metric ?? DEFAULT_METRICS[kinds[0]!]!;
}

/** @throws EvaluationDataError if the metric is not defined for the rows, or a prediction is not finite */
export function comparisonOf(
  version: RowEvaluation,
  baseline: RowEvaluation,
  { against, metric: named, margin = DEFAULT_MARGIN }: ComparisonOptions,
): Comparison {
  const metric = metricOrDefault(version, named);
  // Predictions of the baseline that are not finite are rejected here, by their row.
  const { metrics } = baseline.all();
  const compared = compareVersions(version, baseline, metric);
  const { test, gain, interval, pValue } = compared;
  return {
    against,
    metrics,
    metric,
    margin,
    unit: version.unit,
    test,
    gain,
    interval,
    pValue,
    ...verdictOf(compared, margin),
  };
}

/** Describes the comparison and its verdict. */
export function comparisonLines(comparison: Comparison): string[] {
  const { against, metric, test, gain, interval, pValue, margin } = comparison;
  return [
    `${metric} against ${against}: gain ${signed(gain)}, 95 % interval ${interval.map(signed).join(' to ')} ` +
      `(${test}, p = ${figure(pValue)})`,
    `${verdictText(comparison)}, at a margin of ${margin}`,
  ];
}

function verdictText(comparison: Comparison): string {
  const { verdict, unit } = comparison;
  return verdict === 'needs more rows' ? `needs ${comparison.moreRows} more ${unit}` : verdict;
}
