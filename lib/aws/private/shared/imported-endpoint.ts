import { Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IModelEndpoint } from '../../imported-endpoint.js';
import { grantTo, rejectServicePrincipal } from './grant.js';

/** Metrics of the requests to an endpoint. */
export interface RequestMetrics {
  requests(options?: MetricOptions): Metric;
  errors(options?: MetricOptions): Metric;
  latency(options?: MetricOptions): Metric;
}

/** What an imported endpoint does, which depends on its service. */
export interface ImportedBehavior {
  readonly url: string;
  readonly metrics: RequestMetrics;
  grant(grantee: IGrantable): Grant;
}

/** Endpoint of another stack. */
export class ImportedEndpoint extends Construct implements IModelEndpoint {
  private readonly behavior: ImportedBehavior;

  /** @param bind returns the behavior. It creates the imports of CDK that it needs in the endpoint, its argument. */
  constructor(scope: Construct, id: string, bind: (endpoint: Construct) => ImportedBehavior) {
    super(scope, id);
    this.behavior = bind(this);
  }

  get url(): string {
    return this.behavior.url;
  }

  grantInvoke(grantee: IGrantable): Grant {
    return grantTo(this, grantee, () => this.behavior.grant(grantee));
  }

  metricRequests(options?: MetricOptions): Metric {
    return this.behavior.metrics.requests(options);
  }

  metricErrors(options?: MetricOptions): Metric {
    return this.behavior.metrics.errors(options);
  }

  metricLatency(options?: MetricOptions): Metric {
    return this.behavior.metrics.latency(options);
  }
}

/** CloudWatch names of the metrics of requests. */
export interface MetricNames {
  readonly namespace: string;
  readonly requests: string;
  readonly errors: string;
  readonly latency: string;
}

/** Returns metrics with these names and dimensions: sums of requests and errors, and the average latency. */
export function namedMetrics(
  scope: Construct,
  names: MetricNames,
  dimensionsMap: { [name: string]: string },
): RequestMetrics {
  const metric = (metricName: string, statistic: string, options?: MetricOptions) =>
    new Metric({ namespace: names.namespace, metricName, dimensionsMap, statistic, ...options }).attachTo(scope);
  return {
    requests: (options) => metric(names.requests, 'Sum', options),
    errors: (options) => metric(names.errors, 'Sum', options),
    latency: (options) => metric(names.latency, 'Average', options),
  };
}

/** Grants access to every path of a stage of an API. The resource policy of the API belongs to its own stack. */
export function grantApi(scope: Construct, grantee: IGrantable, apiId: string, stageName: string): Grant {
  rejectServicePrincipal(scope, grantee);
  const arn = Stack.of(scope).formatArn({ service: 'execute-api', resource: apiId, resourceName: `${stageName}/*/*` });
  return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [arn] });
}
