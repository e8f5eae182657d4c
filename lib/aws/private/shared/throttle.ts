import type { Throttle } from '../../../serving/throttle.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** What API Gateway allows every API. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const API_GATEWAY = {
  requestsPerSecond: { min: 0.01, max: 100_000, fraction: true, source: 'API Gateway' },
  burst: { min: 0, max: 100_000, source: 'API Gateway' },
  requestsPerDay: { min: 1, max: 2 ** 31 - 1, source: 'API Gateway' },
} as const;

/** Notes a fault for whatever API Gateway does not count. */
export function checkRates(validator: Validator, throttle: Throttle | undefined): void {
  validator.number('throttle.requestsPerSecond', throttle?.requestsPerSecond, API_GATEWAY.requestsPerSecond);
  validator.number('throttle.burst', throttle?.burst, API_GATEWAY.burst);
  validator.number('throttle.requestsPerDay', throttle?.requestsPerDay, API_GATEWAY.requestsPerDay);
}

/** The throttle as API Gateway takes it, whose bursts are whole. */
export function rates({ requestsPerSecond, burst = Math.ceil(requestsPerSecond) }: Throttle) {
  return { rateLimit: requestsPerSecond, burstLimit: burst };
}
