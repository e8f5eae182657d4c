import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';

/** What stands between callers and the function. */
export interface Front {
  /** Where it takes requests. */
  readonly url: string;
  /** The service that callers sign requests for, by IAM. */
  readonly signedService: string;
  /** Lets a caller in by IAM, to every path and to nothing else. */
  grantInvoke(grantee: IGrantable): Grant;
}

/** A front whose callers wait for answers. Its `url` ends in a slash. */
export interface AnsweringFront extends Front {
  metricCount(props?: MetricOptions): Metric;
  metricClientError(props?: MetricOptions): Metric;
  metricServerError(props?: MetricOptions): Metric;
  /** Milliseconds. */
  metricLatency(props?: MetricOptions): Metric;
}
