import { figure } from '../report/figure.js';
import { METRICS } from './metrics/table.js';
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

/** Describes the limits that are not met. */
export function missedLimits(limits: readonly CheckedLimit[]): string[] {
  return limits
    .filter(({ isMet }) => !isMet)
    .map(({ metric, limit, bound, value }) => {
      const got = value === undefined ? 'not defined for these rows' : figure(value);
      return `${metric} is ${got}, and must be ${LIMIT_TEXTS[bound]} ${limit}`;
    });
}
