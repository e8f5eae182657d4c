import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { apiName } from './api-name.js';

/** Fields that REST and HTTP APIs share: caller, request and outcome; neither bodies nor credentials. */
const FIELDS = {
  requestId: AccessLogField.contextRequestId(),
  time: AccessLogField.contextRequestTime(),
  sourceIp: AccessLogField.contextIdentitySourceIp(),
  caller: AccessLogField.contextIdentityCaller(),
  userArn: AccessLogField.contextIdentityUserArn(),
  method: AccessLogField.contextHttpMethod(),
  path: AccessLogField.contextPath(),
  status: AccessLogField.contextStatus(),
  responseLength: AccessLogField.contextResponseLength(),
  latency: AccessLogField.contextResponseLatency(),
  integrationLatency: AccessLogField.contextIntegrationLatency(),
  // A name such as THROTTLED. The message beside it may hold quotes, and the line would no longer be JSON.
  error: AccessLogField.contextErrorResponseType(),
};

const format = (fields: object) => AccessLogFormat.custom(JSON.stringify(fields));

/** Access log of a REST API, with the caller by IAM, token or key. */
export function restAccessLog(): AccessLogFormat {
  return format({
    ...FIELDS,
    subject: AccessLogField.contextAuthorizerPrincipalId(),
    apiKeyId: AccessLogField.contextIdentityApiKeyId(),
  });
}

/** Access log of an HTTP API, with the caller by IAM or token. */
export function httpAccessLog(): AccessLogFormat {
  return format({ ...FIELDS, subject: AccessLogField.contextAuthorizerClaims('sub') });
}

/**
 * The group for the access log of an HTTP API. API Gateway lists groups with other names, one by one and for ever, in the
 * account's one resource policy for log delivery, which has 5120 characters:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 *
 * @param front what makes the API
 */
export function httpAccessLogGroup(front: Construct, props: LogGroupProps): LogGroup {
  return new LogGroup(front, 'AccessLogs', {
    ...props,
    logGroupName: `/aws/vendedlogs/apis/${apiName(front)}`,
    // The next deployment of the same construct has the same name, and would be refused beside a group that was kept.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
