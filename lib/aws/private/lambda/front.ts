import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';

/** What stands between callers and the function. */
export interface Front {
  /** Where it answers, with a `/` at its end. */
  readonly url: string;
  /** The service that callers sign requests for, by IAM. */
  readonly signedService: string;
  /** Lets a caller in by IAM, to every path and to nothing else. */
  grantInvoke(grantee: IGrantable): Grant;
  metricCount(props?: MetricOptions): Metric;
  metricClientError(props?: MetricOptions): Metric;
  metricServerError(props?: MetricOptions): Metric;
  /** Milliseconds. */
  metricLatency(props?: MetricOptions): Metric;
}
