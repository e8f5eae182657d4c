import type { Range } from '../../../serving/validation/validator.js';

/** Allowed log retention: https://cloud.google.com/logging/quotas#logs_retention_periods */
export const LOG_RETENTION_DAYS: Range = { min: 1, max: 3650, unit: 'days', source: 'Cloud Logging' };

/** Maximum length of a service account ID: https://cloud.google.com/iam/docs/service-accounts-create */
export const SERVICE_ACCOUNT_ID_LENGTH = 30;

/** Maximum length of a name in Compute Engine: https://cloud.google.com/compute/docs/naming-resources */
export const COMPUTE_NAME_LENGTH = 63;

/** Maximum length of a bucket name: https://cloud.google.com/storage/docs/buckets#naming */
export const BUCKET_NAME_LENGTH = 63;

export const REGION = {
  pattern: /^[a-z]+-[a-z]+\d+$/,
  rule: 'a region of Google Cloud looks like `europe-west4`',
};
