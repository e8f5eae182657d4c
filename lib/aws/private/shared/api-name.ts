import { Names } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** API Gateway allows 1024, which no dashboard shows. */
const MAX_LENGTH = 128;

/** The name of the API of `front`, which no other has in the account and the region. */
export function apiName(front: Construct): string {
  return Names.uniqueResourceName(front, { maxLength: MAX_LENGTH, separator: '-' });
}
