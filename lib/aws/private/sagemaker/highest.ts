import { type IMetric, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PERIOD } from '../shared/service-alarms.js';

/**
 * Highest value of a metric across the variants of an endpoint, multiplied by a factor. An endpoint has at most ten
 * variants, and an alarm accepts at most ten metrics:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
 */
export function highest(metrics: readonly Metric[], label: string, factor = 1): IMetric {
  if (metrics.length === 1 && factor === 1) return metrics[0]!;
  const names = metrics.map((_, index) => `variant${index}`);
  // A variant without requests reports no values.
  const value = names.length === 1 ? names[0] : `MAX([${names.map((name) => `FILL(${name}, 0)`).join(', ')}])`;
  return new MathExpression({
    expression: factor === 1 ? `${value}` : `${factor} * ${value}`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [names[index], metric])),
    label,
    period: PERIOD,
  });
}
