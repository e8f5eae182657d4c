import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ServerlessFrontKind } from '../../front-options.js';

/** Name of the alias that fronts invoke. */
export const ALIAS_NAME = 'live';

/** Stage of REST APIs, the first part of their paths. */
export const REST_STAGE = 'prod';

/** Entry point for the requests to the function. */
export interface Front {
  readonly kind: ServerlessFrontKind;
  /** URL that receives requests. */
  readonly url: string;
  /** Grants an IAM identity access to every path of this front, and to nothing else. */
  grantInvoke(grantee: IGrantable): Grant;
  metricRequests(props?: MetricOptions): Metric;
}

/** Front whose callers wait for responses. Its `url` ends in a slash. */
export interface AnsweringFront extends Front {
  /** Service name in the IAM signatures of callers. */
  readonly signedService: string;
  metricClientError(props?: MetricOptions): Metric;
  metricErrors(props?: MetricOptions): Metric;
  /** Latency in milliseconds. */
  metricLatency(props?: MetricOptions): Metric;
}
