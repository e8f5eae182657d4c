import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import type { EndpointMode } from './mode.js';

/** Endpoint of this stack or of another one. It can be invoked and observed. */
export interface IModelEndpoint extends IConstruct {
  /** URL of the endpoint. */
  readonly url: string;

  /**
   * Grants `grantee` permission to invoke the model.
   *
   * @throws Error if the grant has no effect
   */
  grantInvoke(grantee: IGrantable): Grant;

  /** Metric for the number of requests. */
  metricRequests(options?: MetricOptions): Metric;

  /** Metric for the number of requests that failed with a server error. */
  metricErrors(options?: MetricOptions): Metric;

  /** Metric for the latency of requests. Its unit depends on the service. */
  metricLatency(options?: MetricOptions): Metric;
}

/** REST API of an existing `ServerlessModel`. */
export interface RestApiAttributes {
  /** Id of the API: `front.api.restApiId`. */
  readonly restApiId: string;
  /** Name of the API, the dimension of its metrics: `front.api.restApiName`. */
  readonly restApiName: string;
}

/** Attributes of an existing `ServerlessModel`. At most one of `restApi`, `httpApiId` and `queueArn` may be set. */
export interface ServerlessModelAttributes {
  /** URL of the endpoint: `url`. */
  readonly url: string;
  /** Name of the Lambda function: `function.functionName`. */
  readonly functionName: string;
  /** REST API, the default front. @default - the endpoint has another front */
  readonly restApi?: RestApiAttributes;
  /** Id of the HTTP API: `front.api.apiId`. @default - the endpoint has another front */
  readonly httpApiId?: string;
  /** ARN of the queue: `front.queue.queueArn`. @default - the endpoint has another front, or else a function URL */
  readonly queueArn?: string;
}

/** Attributes of an existing `ContainerModel`. */
export interface ContainerModelAttributes {
  /** URL of the endpoint: `url`. */
  readonly url: string;
  /** Full name of the load balancer, the dimension of its metrics: `loadBalancer.fullName`. */
  readonly loadBalancerFullName: string;
  /**
   * Full name of the target group, `loadBalancer.targets.targetGroupFullName`, for a service with an existing `listener`.
   *
   * @default - the load balancer serves nothing else, so its metrics are those of the service
   */
  readonly targetGroupFullName?: string;
  /** Id of the HTTP API: `api.api.apiId`. @default - access is not `Access.cloudIdentity()`, so grants are an error */
  readonly httpApiId?: string;
}

/** Attributes of an existing `ManagedEndpointModel`. */
export interface ManagedEndpointModelAttributes {
  /** Name of the endpoint: `endpointName`. */
  readonly endpointName: string;
  /** Mode of the endpoint, as passed to the construct. @default EndpointMode.realTime() */
  readonly mode?: EndpointMode;
  /** Whether callers may invoke the endpoint with streamed responses, as those of vLLM are. @default false */
  readonly streams?: boolean;
  /** Key that encrypts the responses of an asynchronous endpoint. @default - the key of the output bucket, if it has one */
  readonly encryptionKey?: IKey;
}
