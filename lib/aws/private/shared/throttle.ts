import type { Throttle } from '../../../serving/throttle.js';

/** Rates of an API. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const API_GATEWAY_RATES = {
  requestsPerSecond: { min: 0.01, max: 100_000, fraction: true, source: 'API Gateway' },
  burst: { min: 0, max: 100_000, source: 'API Gateway' },
  requestsPerDay: { min: 1, max: 2 ** 31 - 1, source: 'API Gateway' },
} as const;

/** The throttle as API Gateway takes it: bursts are whole numbers. */
export function rates({ requestsPerSecond, burst = Math.ceil(requestsPerSecond) }: Throttle) {
  return { rateLimit: requestsPerSecond, burstLimit: burst };
}
