import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { apiName } from './api-name.js';

/** Fields common to REST and HTTP APIs: caller, request and outcome, but neither bodies nor credentials. */
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
  // The error type is a plain name such as THROTTLED. The error message may contain quotes, which would make the line
  // invalid JSON.
  error: AccessLogField.contextErrorResponseType(),
};

const format = (fields: object) => AccessLogFormat.custom(JSON.stringify(fields));

/** Access log format of a REST API. It identifies the caller by IAM identity, token subject or API key. */
export function restAccessLog(): AccessLogFormat {
  return format({
    ...FIELDS,
    subject: AccessLogField.contextAuthorizerPrincipalId(),
    apiKeyId: AccessLogField.contextIdentityApiKeyId(),
  });
}

/** Access log format of an HTTP API. It identifies the caller by IAM identity or token subject. */
export function httpAccessLog(): AccessLogFormat {
  return format({ ...FIELDS, subject: AccessLogField.contextAuthorizerClaims('sub') });
}

/**
 * Creates the log group for the access log of an HTTP API. Its name starts with `/aws/vendedlogs/`, because API Gateway
 * adds every log group with another name to the account's resource policy for log delivery. Entries are never removed
 * from this policy, which is limited to 5120 characters:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 *
 * @param front Construct that creates the API.
 */
export function httpAccessLogGroup(front: Construct, props: LogGroupProps): LogGroup {
  return new LogGroup(front, 'AccessLogs', {
    ...props,
    logGroupName: `/aws/vendedlogs/apis/${apiName(front)}`,
    // The name is fixed, so a retained log group would make the next deployment of the same construct fail.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
