/** Default of `timeoutSeconds`, except behind API Gateway, whose own limit is lower. */
export const DEFAULT_TIMEOUT_SECONDS = 60;

/** Default of `logRetentionDays`. */
export const DEFAULT_LOG_RETENTION_DAYS = 90;

/** Path of the mounted folder with the model package, in functions and containers. Lambda allows only paths under `/mnt`. */
export const MODEL_MOUNT = '/mnt/models';

/** Default of `requestsPerFiveMinutes` of a web ACL. */
export const DEFAULT_WEB_ACL_REQUESTS = 2000;
