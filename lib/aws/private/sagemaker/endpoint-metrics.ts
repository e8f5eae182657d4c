import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

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
      period: Duration.minutes(1),
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
      period: Duration.minutes(1),
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
      period: Duration.minutes(1),
      ...options,
    });
  }

  /** Failures of the model or the container, in percent of all requests. */
  errorPercent(): MathExpression {
    return new MathExpression({
      expression: 'IF(requests > 0, 100 * errors / requests, 0)',
      usingMetrics: {
        errors: this.metric('Invocation5XXErrors', { statistic: 'Sum' }),
        requests: this.metric('Invocations', { statistic: 'Sum' }),
      },
      label: 'Errors, percent',
      period: Duration.minutes(1),
    });
  }
}
