import { compareVersions } from '../evaluate/comparison/compare-versions.js';
import { type PairedTest, type Verdict, verdictOf } from '../evaluate/comparison/paired-test.js';
import { METRICS, type MetricKind } from '../evaluate/metrics/table.js';
import type { RowEvaluation, RowMetrics } from '../evaluate/row-evaluation.js';
import { CommandFailure } from './failure.js';
import { figure } from './output.js';

/** Options of a comparison with another version. */
export interface AgainstFlags {
  readonly against?: string;
  readonly metric?: string;
  readonly margin?: number;
}

/** Comparison of a model with a baseline on the same rows. */
type Comparison = Omit<PairedTest, 'rows' | 'variance'> &
  Verdict & {
    readonly against: string;
    /** Metrics of the baseline. */
    readonly metrics: RowMetrics['metrics'];
    readonly metric: string;
    readonly margin: number;
    /** What is compared. */
    readonly unit: RowEvaluation['unit'];
  };

/** Metric that versions are compared by, for each kind of metrics. */
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

/** Metrics in the unit of the labels or its square, for which no margin is right for all data. */
const METRICS_WITH_UNIT: ReadonlySet<string> = new Set([
  'mean_absolute_error',
  'mean_squared_error',
  'root_mean_squared_error',
  'median_absolute_error',
  'max_error',
  'mean_poisson_deviance',
]);

/** @throws CommandFailure if the models have other tasks, or the metric needs a margin */
export function checkComparable(version: RowEvaluation, baseline: RowEvaluation, flags: AgainstFlags): void {
  if (version.kinds[0] !== baseline.kinds[0]) {
    throw new CommandFailure(
      'NOT_COMPARABLE',
      `the models have other tasks: the first has metrics of ${version.kinds[0]}, and ${flags.against} of ${baseline.kinds[0]}.`,
    );
  }
  const metric = metricOf(version, flags);
  if (!baseline.kinds.some((kind) => Object.hasOwn(METRICS[kind], metric))) {
    throw new CommandFailure('NOT_COMPARABLE', `${flags.against} has no ${metric}. Compare by another with --metric.`);
  }
  if (flags.margin === undefined && METRICS_WITH_UNIT.has(metric)) {
    throw new CommandFailure(
      'NOT_COMPARABLE',
      `${metric} has the unit of the labels. Give the loss that you accept in this unit with --margin.`,
    );
  }
}

function metricOf({ kinds }: RowEvaluation, { metric }: AgainstFlags): string {
  return metric ?? DEFAULT_METRICS[kinds[0]!]!;
}

/** @throws EvaluationDataError if the metric is not defined for the rows, or a prediction is not finite */
export function comparisonOf(version: RowEvaluation, baseline: RowEvaluation, flags: AgainstFlags): Comparison {
  const metric = metricOf(version, flags);
  const margin = flags.margin ?? DEFAULT_MARGIN;
  // Predictions of the baseline that are not finite are rejected here, by their row.
  const { metrics } = baseline.all();
  const compared = compareVersions(version, baseline, metric);
  const { test, gain, interval, pValue } = compared;
  return {
    against: flags.against!,
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

function signed(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}

/** @throws CommandFailure if the model is worse than the baseline, or the rows do not decide */
export function rejectWorse(comparison: Comparison): void {
  const { against, metric, gain, margin, unit } = comparison;
  if (comparison.verdict === 'worse') {
    throw new CommandFailure(
      'MODEL_WORSE',
      `${metric} is worse than that of ${against}, by ${figure(-gain)}. A larger --margin accepts it.`,
    );
  }
  if (comparison.verdict === 'needs more rows') {
    throw new CommandFailure(
      'ROWS_TOO_FEW',
      `the ${unit} do not show whether ${metric} is worse than that of ${against}. Add ${comparison.moreRows} ${unit}, or accept ` +
        `a loss of more than ${margin} with --margin.`,
    );
  }
}
