import { EvaluationDataError } from '../metrics/compute.js';
import { LOSSES, METRICS } from '../metrics/table.js';
import type { RowEvaluation } from '../row-evaluation.js';
import { bootstrapTest } from './bootstrap.js';
import { mcnemarTest } from './mcnemar.js';
import type { PairedTest } from './paired-test.js';

/**
 * Compares two versions of a model on the same rows by a metric: McNemar's test for the accuracy of rows without weights,
 * or else the paired bootstrap. McNemar's test also compares other metrics of classes if both versions predict the same
 * class for every row, as no sample of these rows shows how often they would differ.
 *
 * @throws EvaluationDataError if the metric is not defined for the rows
 */
export function compareVersions(version: RowEvaluation, baseline: RowEvaluation, metric: string): PairedTest {
  const { rows } = version;
  const all = Array.from({ length: rows }, (_, row) => row);
  if ([version, baseline].some((each) => Number.isNaN(each.metric(metric, all)))) {
    throw new EvaluationDataError(`${metric} is not defined for these rows. Compare by another metric.`);
  }
  const isAccuracy = metric === 'accuracy' && !version.isWeighted;
  if (isAccuracy || (Object.hasOwn(METRICS.labels, metric) && version.hasSamePredictions(baseline))) {
    return mcnemarTest({ rows, ...version.discordantPairs(baseline) });
  }
  const sign = LOSSES.has(metric) ? -1 : 1;
  return bootstrapTest(rows, (drawn) => sign * (version.metric(metric, drawn) - baseline.metric(metric, drawn)));
}
