import { type MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { errorPercent, PERIOD } from '../service-alarms.js';

/** The metrics of one variant, or of one inference component. */
export class EndpointMetrics {
  constructor(
    readonly endpointName: string,
    private readonly variantName: string,
    private readonly componentName?: string,
  ) {}

  /** A metric of the namespace `AWS/SageMaker`, by the name it has there. */
  metric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: 'AWS/SageMaker',
      metricName,
      dimensionsMap: this.componentName
        ? { InferenceComponentName: this.componentName }
        : { EndpointName: this.endpointName, VariantName: this.variantName },
      period: PERIOD,
      ...options,
    });
  }

  /** A metric of the endpoint's instances, such as `CPUUtilization`. */
  instanceMetric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: this.componentName ? '/aws/sagemaker/InferenceComponents' : '/aws/sagemaker/Endpoints',
      metricName,
      dimensionsMap: this.componentName
        ? { InferenceComponentName: this.componentName }
        : { EndpointName: this.endpointName, VariantName: this.variantName },
      statistic: 'Average',
      period: PERIOD,
      ...options,
    });
  }

  /** A metric that asynchronous inference has for the endpoint as a whole. */
  queueMetric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: 'AWS/SageMaker',
      metricName,
      dimensionsMap: { EndpointName: this.endpointName },
      statistic: 'Maximum',
      period: PERIOD,
      ...options,
    });
  }

  /** Failures of the model or the container, in percent of all requests. */
  errorPercent(): MathExpression {
    const sum = (metricName: string) => this.metric(metricName, { statistic: 'Sum' });
    return errorPercent([sum('Invocation5XXErrors')], sum('Invocations'));
  }
}
