import type { Model } from '../model/model.js';
import type { CanaryAddress } from './canary-address.js';

/**
 * Members of every construct that serves a model, on every cloud.
 *
 * @typeParam Metric `Metric` of CloudWatch on AWS, and an {@link EndpointMetric} on the other clouds
 */
export interface ModelEndpoint<Metric = unknown> {
  /** Model package that the endpoint serves. */
  readonly model: Model;

  /** URL of the endpoint. */
  readonly url: string;

  /** URL of prediction requests. */
  readonly predictUrl: string;

  /**
   * Address of the new version during a canary rollout. Undefined at other times, and on targets whose versions have no
   * address of their own.
   */
  readonly canary?: CanaryAddress | undefined;

  /**
   * Shell command that requests a prediction for one row of zeros. It reads credentials from environment variables, or
   * gets them from the command-line tool of the cloud. Undefined if the request format of the `server` is unknown.
   */
  readonly predictCommand: string | undefined;

  /**
   * Allows a caller to invoke the model, and nothing else. The identity is an `IGrantable` on AWS, an object id on Azure
   * and an IAM member on Google Cloud (on GKE, a namespace).
   *
   * @throws Error if the grant would have no effect
   */
  grantInvoke(...grantee: never[]): unknown;

  /** Metric for the number of requests. */
  metricRequests(...options: never[]): Metric;

  /** Metric for the number of requests that failed with a server error. */
  metricErrors(...options: never[]): Metric;

  /** Metric for the latency of requests. */
  metricLatency(...options: never[]): Metric;
}

/**
 * Metric of an endpoint that Terraform creates, in the terms of its cloud. Terraform has no type for metrics, so an
 * alert rule takes these values.
 *
 * @typeParam Filter form in which the cloud's alert rules take filters
 */
export interface EndpointMetric<Filter> {
  /** Name within the namespace, such as `Requests` or `request_count`. */
  readonly name: string;
  /** Namespace of the name, such as `Microsoft.Web/sites` or `run.googleapis.com`. */
  readonly namespace: string;
  /** Filter that selects this endpoint and this figure. */
  readonly filter: Filter;
  /** Unit of the values: `1` for a count, `s` for seconds, `ms` for milliseconds. */
  readonly unit: string;
}
