import { figure } from '../report/figure.js';
import { LOSSES, METRICS } from './metrics/table.js';
import type { RowEvaluation, RowMetrics } from './row-evaluation.js';

/** Limit of a metric. */
export interface MetricLimit {
  readonly metric: string;
  readonly limit: number;
}

/** Limits that metrics must be within. */
export interface MetricLimits {
  readonly min: readonly MetricLimit[];
  readonly max: readonly MetricLimit[];
}

/** Limit of a metric with its verdict. */
export interface CheckedLimit extends MetricLimit {
  readonly bound: 'min' | 'max';
  /** Value of the metric. @default - the metric is not defined for the rows */
  readonly value?: number;
  readonly isMet: boolean;
}

/** Words before a limit, by its kind. */
export const LIMIT_TEXTS: Readonly<Record<CheckedLimit['bound'], string>> = { min: 'at least', max: 'at most' };

/** Compares metrics with their limits. A metric that is not defined does not meet any. */
export function checkedLimits({ metrics }: RowMetrics, { min, max }: MetricLimits): CheckedLimit[] {
  const check = (bound: CheckedLimit['bound'], { metric, limit }: MetricLimit): CheckedLimit => {
    const value = metrics[metric];
    if (value === undefined) return { metric, bound, limit, isMet: false };
    return { metric, bound, limit, value, isMet: bound === 'min' ? value >= limit : value <= limit };
  };
  return [...min.map((each) => check('min', each)), ...max.map((each) => check('max', each))];
}

/** Returns a sentence about the first metric that a model does not have, or undefined if it has all of them. */
export function foreignMetric({ kinds }: RowEvaluation, metrics: readonly string[]): string | undefined {
  const own = kinds.flatMap((kind) => Object.keys(METRICS[kind]));
  const foreign = metrics.find((metric) => !own.includes(metric));
  if (foreign === undefined) return undefined;
  return `${foreign} is not a metric of this model. Its metrics: ${own.join(', ')}.`;
}

/** Metrics that have no largest value. The largest value of all others that are no losses is 1. */
const UNBOUNDED: ReadonlySet<string> = new Set(['mutual_information', 'calinski_harabasz']);

/** Describes the limits that no model can meet. */
export function unreachableLimits({ min, max }: MetricLimits): string[] {
  const smallest = new Map(min.map(({ metric, limit }) => [metric, limit]));
  return [
    ...[...min, ...max].flatMap(({ metric, limit }) =>
      Number.isFinite(limit) ? [] : [`the limit of ${metric} is ${limit}, which is not a number`],
    ),
    ...min.flatMap(({ metric, limit }) =>
      limit > 1 && !LOSSES.has(metric) && !UNBOUNDED.has(metric)
        ? [`${metric} is at most 1, and must be at least ${limit}`]
        : [],
    ),
    ...max.flatMap(({ metric, limit }) => {
      if (limit < 0 && LOSSES.has(metric)) return [`${metric} is at least 0, and must be at most ${limit}`];
      const least = smallest.get(metric);
      if (least === undefined || least <= limit) return [];
      return [`${metric} must be at least ${least}, and at most ${limit}`];
    }),
  ];
}

/** Describes the limits that are not met. */
export function missedLimits(limits: readonly CheckedLimit[]): string[] {
  return limits
    .filter(({ isMet }) => !isMet)
    .map(({ metric, limit, bound, value }) => {
      const got = value === undefined ? 'not defined for these rows' : figure(value);
      return `${metric} is ${got}, and must be ${LIMIT_TEXTS[bound]} ${limit}`;
    });
}
