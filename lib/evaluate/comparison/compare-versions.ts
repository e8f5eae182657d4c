import { LabelEvaluation } from '../label-evaluation.js';
import { EvaluationDataError } from '../metrics/compute.js';
import { LOSSES, METRICS } from '../metrics/table.js';
import type { RowEvaluation } from '../row-evaluation.js';
import { bootstrapTest } from './bootstrap.js';
import { mcnemarTest } from './mcnemar.js';
import type { PairedTest } from './paired-test.js';

/**
 * Compares two versions of a model on the same rows by a metric: McNemar's test for the share of right rows without
 * weights, or else the paired bootstrap. McNemar's test also compares other metrics of labels if both versions predict the
 * same label for every row, as no sample of these rows shows how often they would differ.
 *
 * @throws EvaluationDataError if the metric is not defined for the rows
 */
export function compareVersions(version: RowEvaluation, baseline: RowEvaluation, metric: string): PairedTest {
  const { rows } = version;
  const all = Array.from({ length: rows }, (_, row) => row);
  if ([version, baseline].some((each) => Number.isNaN(each.metric(metric, all)))) {
    throw new EvaluationDataError(`${metric} is not defined for these rows. Compare by another metric.`);
  }
  if (version instanceof LabelEvaluation && baseline instanceof LabelEvaluation) {
    const isShareOfRight = metric === version.shareOfRight && !version.isWeighted;
    const isOfLabels = LABEL_KINDS.some((kind) => Object.hasOwn(METRICS[kind], metric));
    if (isShareOfRight || (isOfLabels && all.every((row) => version.predictsSame(baseline, row)))) {
      const onlyRight = (one: LabelEvaluation, other: LabelEvaluation) =>
        all.filter((row) => one.isRight(row) && !other.isRight(row)).length;
      return mcnemarTest({ rows, gained: onlyRight(version, baseline), lost: onlyRight(baseline, version) });
    }
  }
  const sign = LOSSES.has(metric) ? -1 : 1;
  return bootstrapTest(rows, (drawn) => sign * (version.metric(metric, drawn) - baseline.metric(metric, drawn)));
}

/** Kinds of metrics of labels, which versions often predict alike. */
const LABEL_KINDS = ['labels', 'clusters', 'labelSets'] as const;
