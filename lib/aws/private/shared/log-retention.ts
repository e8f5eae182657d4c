import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Validator } from '../../../serving/validation/validator.js';

const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter((days) => typeof days === 'number');

/** Notes a fault unless CloudWatch Logs can keep logs for so many days. */
export function checkLogRetention(validator: Validator, days: number | undefined): void {
  validator.check(
    days === undefined || Token.isUnresolved(days) || LOG_RETENTION_DAYS.includes(days),
    'logRetentionDays',
    'OUT_OF_RANGE',
    `got ${days}; CloudWatch Logs allows ${LOG_RETENTION_DAYS.join(', ')}`,
  );
}
