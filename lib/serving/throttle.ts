/**
 * Limits on the requests that callers can send. Requests above them get 429 with `Retry-After`. Gateways that cannot
 * send this header, such as an HTTP API of AWS, leave it out.
 */
export interface Throttle {
  /** Steady rate, in requests a second. */
  readonly requestsPerSecond: number;
  /** Burst of requests allowed on top of the steady rate. @default - as many as `requestsPerSecond` */
  readonly burst?: number;
  /** Daily quota of a caller with an API key, in requests. @default - no daily quota */
  readonly requestsPerDay?: number;
}

/** Default limits of every endpoint: enough for an ordinary service, and low enough to bound the cost of abuse. */
export const DEFAULT_THROTTLE: Throttle = { requestsPerSecond: 100, burst: 200 };
