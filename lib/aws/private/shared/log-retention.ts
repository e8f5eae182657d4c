import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Steps } from '../../../serving/validation/validator.js';

/**
 * Retention periods in days that CloudWatch Logs supports.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS: Steps = {
  values: Object.values(RetentionDays).filter((days) => typeof days === 'number'),
  source: 'CloudWatch Logs',
};
