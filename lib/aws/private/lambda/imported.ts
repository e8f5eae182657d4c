import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ServerlessModelAttributes } from '../../imported-endpoint.js';
import { HTTP_STAGE } from '../shared/http-stage.js';
import { grantApi, type ImportedBehavior, type MetricNames, namedMetrics } from '../shared/imported-endpoint.js';
import { ALIAS_NAME, REST_STAGE } from './front.js';

const REST_METRICS: MetricNames = {
  namespace: 'AWS/ApiGateway',
  requests: 'Count',
  errors: '5XXError',
  latency: 'Latency',
};

const HTTP_METRICS: MetricNames = { ...REST_METRICS, errors: '5xx' };

const URL_METRICS: MetricNames = {
  namespace: 'AWS/Lambda',
  requests: 'UrlRequestCount',
  errors: 'Url5xxCount',
  latency: 'UrlRequestLatency',
};

/**
 * Returns the behavior of an imported function, by its front.
 *
 * @throws Error if the attributes name several fronts
 */
export function importedFunction(endpoint: Construct, attributes: ServerlessModelAttributes): ImportedBehavior {
  const { url, restApi, httpApiId, queueArn } = attributes;
  const fronts = Object.entries({ restApi, httpApiId, queueArn }).filter(([, value]) => value !== undefined);
  if (fronts.length > 1) {
    throw new Error(
      `${endpoint.node.path}: got ${fronts.map(([name]) => name).join(' and ')}, but an endpoint has one front. Set the ` +
        'attribute of that front, or none of them for a function URL',
    );
  }
  if (restApi) {
    return {
      url,
      metrics: namedMetrics(endpoint, REST_METRICS, { ApiName: restApi.restApiName }),
      grant: (grantee) => grantApi(endpoint, grantee, restApi.restApiId, REST_STAGE),
    };
  }
  if (httpApiId !== undefined) {
    return {
      url,
      metrics: namedMetrics(endpoint, HTTP_METRICS, { ApiId: httpApiId, Stage: HTTP_STAGE }),
      grant: (grantee) => grantApi(endpoint, grantee, httpApiId, HTTP_STAGE),
    };
  }
  return queueArn === undefined ? importedUrl(endpoint, attributes) : importedQueue(endpoint, url, queueArn);
}

function importedUrl(endpoint: Construct, { url, functionName }: ServerlessModelAttributes): ImportedBehavior {
  const resourceName = `${functionName}:${ALIAS_NAME}`;
  const functionArn = Stack.of(endpoint).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const alias = LambdaFunction.fromFunctionAttributes(endpoint, 'Function', { functionArn, sameEnvironment: true });
  return {
    url,
    metrics: namedMetrics(endpoint, URL_METRICS, { FunctionName: functionName, Resource: resourceName }),
    grant: (grantee) => alias.grantInvokeUrl(grantee),
  };
}

function importedQueue(endpoint: Construct, url: string, queueArn: string): ImportedBehavior {
  const queue = Queue.fromQueueArn(endpoint, 'Queue', queueArn);
  const missing = (): never => {
    throw new Error(
      `${endpoint.node.path}: a queue has no metric for errors and latency of requests. Use the metrics of the queue, of ` +
        'its dead-letter queue and of the function',
    );
  };
  return {
    url,
    metrics: { requests: (options) => queue.metricNumberOfMessagesSent(options), errors: missing, latency: missing },
    grant: (grantee) => queue.grantSendMessages(grantee),
  };
}
