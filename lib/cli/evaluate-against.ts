import { type Comparison, metricOrDefault } from '../evaluate/comparison/comparison.js';
import { METRICS } from '../evaluate/metrics/table.js';
import type { RowEvaluation } from '../evaluate/row-evaluation.js';
import { figure } from '../report/figure.js';
import { CommandFailure } from './failure.js';

/** Options of a comparison with another version. */
export interface AgainstFlags {
  readonly against?: string;
  readonly metric?: string;
  readonly margin?: number;
}

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
  const metric = metricOrDefault(version, flags.metric);
  if (!baseline.kinds.some((kind) => Object.hasOwn(METRICS[kind], metric))) {
    throw new CommandFailure('NOT_COMPARABLE', `${flags.against} has no ${metric}. Compare by another with --metric.`);
  }
  if (Object.hasOwn(METRICS.clusterShapes, metric)) {
    throw new CommandFailure(
      'NOT_COMPARABLE',
      `${metric} is a figure of all rows together, without a paired test. Compare by adjusted_rand_index.`,
    );
  }
  rejectUnknownMargin(metric, flags.margin);
}

/** @throws CommandFailure if the metric has no default margin, and none is given */
export function rejectUnknownMargin(metric: string, margin: number | undefined): void {
  if (margin !== undefined || !METRICS_WITH_UNIT.has(metric)) return;
  throw new CommandFailure(
    'NOT_COMPARABLE',
    `${metric} has the unit of the labels. Give the loss that you accept in this unit with --margin.`,
  );
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
