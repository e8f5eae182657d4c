import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PERIOD } from '../shared/service-alarms.js';

/** Whose metrics they are, as CloudWatch tells them apart. */
export interface EndpointMetricsProps {
  readonly endpointName: string;
  readonly variantName: string;
  /** Set if requests are for an inference component instead of the variant. */
  readonly componentName?: string;
  /** Whether requests lie in a queue, and are counted under another name. */
  readonly asynchronous: boolean;
}

/** The metrics of one variant, or of one inference component. */
export class EndpointMetrics {
  readonly variantName: string;

  constructor(private readonly props: EndpointMetricsProps) {
    this.variantName = props.variantName;
  }

  /** A metric of the namespace `AWS/SageMaker`, by the name it has there. */
  metric(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: 'AWS/SageMaker',
      metricName,
      dimensionsMap: this.dimensions,
      period: PERIOD,
      ...options,
    });
  }

  /** A metric of the endpoint's instances, such as `CPUUtilization`. */
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

  /** A metric that asynchronous inference has for the endpoint as a whole. */
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

  /** Requests that were answered, or failed. */
  requests(options: MetricOptions = {}): Metric {
    // https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html, which writes it with a third s.
    return this.metric(this.props.asynchronous ? 'InvocationsProcessed' : 'Invocations', {
      statistic: 'Sum',
      ...options,
    });
  }

  /** Failures of the model or the container as a share of the requests, 0 to 1. Each request counts as either of the two. */
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
