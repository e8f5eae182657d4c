import { type IMetric, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PERIOD } from '../shared/service-alarms.js';

/**
 * The highest of a metric over the variants of an endpoint, times a factor. There is one metric for each of the ten variants
 * that an endpoint may have, because an alarm takes ten: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
 */
export function highest(metrics: readonly Metric[], label: string, factor = 1): IMetric {
  if (metrics.length === 1 && factor === 1) return metrics[0]!;
  const names = metrics.map((_, index) => `variant${index}`);
  // A variant that nobody asks has no values.
  const value = names.length === 1 ? names[0] : `MAX([${names.map((name) => `FILL(${name}, 0)`).join(', ')}])`;
  return new MathExpression({
    expression: factor === 1 ? `${value}` : `${factor} * ${value}`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [names[index], metric])),
    label,
    period: PERIOD,
  });
}
