import { Names } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Maximum length of the name. API Gateway allows 128 characters for a VPC link and 1024 for an API.
 * https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html
 */
const MAX_LENGTH = 128;

/** Returns the name of the API of `front` and of its VPC link, unique in the account and region. */
export function apiName(front: Construct): string {
  return Names.uniqueResourceName(front, { maxLength: MAX_LENGTH, separator: '-' });
}
