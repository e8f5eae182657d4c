import { METRICS, type MetricKind } from './table.js';

/** Data whose metrics cannot be computed. */
export class EvaluationDataError extends Error {
  override readonly name = 'EvaluationDataError';
}

/** Data that the metrics of a kind take. */
export type MetricData<Kind extends MetricKind> = Parameters<
  Extract<(typeof METRICS)[Kind][keyof (typeof METRICS)[Kind]], (data: never) => number>
>[0];

/**
 * Computes all metrics of a kind. A metric that is not defined for the data is NaN, such as the area under the ROC curve
 * of one class.
 *
 * @throws EvaluationDataError if there are no rows, a number or a weight is not finite, or no weight is above 0
 */
export function computeMetrics<Kind extends MetricKind>(
  kind: Kind,
  data: MetricData<Kind>,
): Readonly<Record<keyof (typeof METRICS)[Kind], number>> {
  checkData(data);
  const metrics = Object.entries(METRICS[kind]) as [string, (data: MetricData<Kind>) => number][];
  return Object.fromEntries(metrics.map(([name, metric]) => [name, metric(data)])) as never;
}

function checkData({ weights, ...columns }: Readonly<Record<string, unknown>>): void {
  for (const [name, rows] of Object.entries(columns) as [string, readonly unknown[]][]) {
    if (rows.length === 0) throw new EvaluationDataError('there are no rows to evaluate.');
    const row = rows.findIndex((value) =>
      [value].flat().some((each) => typeof each === 'number' && !Number.isFinite(each)),
    );
    if (row >= 0) {
      throw new EvaluationDataError(
        `row ${row + 1} has ${[rows[row]].flat().find((each) => !Number.isFinite(each))} in the ${name} values; only finite numbers are allowed. Remove the row.`,
      );
    }
  }
  if (weights === undefined) return;
  const list = weights as readonly number[];
  const wrong = list.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0)
    throw new EvaluationDataError(
      `row ${wrong + 1} has the weight ${list[wrong]}; weights must be finite numbers of at least 0.`,
    );
  if (!list.some((weight) => weight > 0))
    throw new EvaluationDataError('all rows have the weight 0; give at least one row a weight above 0.');
}
