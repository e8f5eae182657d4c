import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { RequestMetrics } from '../shared/imported-endpoint.js';
import { PERIOD } from '../shared/service-alarms.js';

/** CloudWatch dimensions of the metrics. */
export interface EndpointMetricsProps {
  readonly endpointName: string;
  readonly variantName: string;
  /** Name of the inference component. Set if requests target it instead of the variant. */
  readonly componentName?: string;
  /** Whether requests are queued, and counted by another metric. */
  readonly asynchronous: boolean;
}

/** Metrics of one variant, or of one inference component. */
export class EndpointMetrics implements RequestMetrics {
  readonly variantName: string;

  constructor(private readonly props: EndpointMetricsProps) {
    this.variantName = props.variantName;
  }

  /** Metric in the namespace `AWS/SageMaker`, by its CloudWatch name. */
  metric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: 'AWS/SageMaker',
      metricName,
      dimensionsMap: this.dimensions,
      period: PERIOD,
      ...options,
    });
  }

  /** Metric of the endpoint's instances, such as `CPUUtilization`. */
  instanceMetric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: this.props.componentName ? '/aws/sagemaker/InferenceComponents' : '/aws/sagemaker/Endpoints',
      metricName,
      dimensionsMap: this.dimensions,
      statistic: 'Average',
      period: PERIOD,
      ...options,
    });
  }

  /** Metric that asynchronous inference reports for the endpoint as a whole. */
  queueMetric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: 'AWS/SageMaker',
      metricName,
      dimensionsMap: { EndpointName: this.props.endpointName },
      statistic: 'Maximum',
      period: PERIOD,
      ...options,
    });
  }

  /** Number of requests that succeeded or failed. */
  requests(options: MetricOptions = {}): Metric {
    // https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html spells it with a third s.
    return this.metric(this.props.asynchronous ? 'InvocationsProcessed' : 'Invocations', {
      statistic: 'Sum',
      ...options,
    });
  }

  /** Number of requests that failed in the model or the container. */
  errors(options: MetricOptions = {}): Metric {
    return this.metric('Invocation5XXErrors', { statistic: 'Sum', ...options });
  }

  /** Latency of the container, in microseconds. */
  latency(options: MetricOptions = {}): Metric {
    return this.metric('ModelLatency', { statistic: 'p99', ...options });
  }

  /** Failures of the model or container as a share of the requests, 0 to 1: each request counts as a failure or not. */
  errorShare(): Metric {
    return this.metric('Invocation5XXErrors', { statistic: 'Average' });
  }

  private get dimensions(): { [name: string]: string } {
    const { endpointName, variantName, componentName } = this.props;
    return componentName
      ? { InferenceComponentName: componentName }
      : { EndpointName: endpointName, VariantName: variantName };
  }
}
