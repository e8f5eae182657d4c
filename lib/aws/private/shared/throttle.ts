import type { Throttle } from '../../../serving/throttle.js';

/** Throttling limits of API Gateway. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const API_GATEWAY_RATES = {
  requestsPerSecond: { min: 0.01, max: 100_000, fraction: true, source: 'API Gateway' },
  burst: { min: 0, max: 100_000, source: 'API Gateway' },
  requestsPerDay: { min: 1, max: 2 ** 31 - 1, source: 'API Gateway' },
} as const;

/** Converts a throttle to API Gateway's settings. API Gateway accepts only whole numbers as burst. */
export function rates({ requestsPerSecond, burst = Math.ceil(requestsPerSecond) }: Throttle) {
  return { rateLimit: requestsPerSecond, burstLimit: burst };
}
