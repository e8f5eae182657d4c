/**
 * How many requests callers may send. More get 429, with `Retry-After` unless the gateway in front cannot send it, as an HTTP
 * API of AWS cannot.
 */
export interface Throttle {
  /** Steady requests a second. */
  readonly requestsPerSecond: number;
  /** Requests that may come at once on top of the steady rate. @default - as many as `requestsPerSecond` */
  readonly burst?: number;
  /** Requests a caller with a key may send in a day. @default - no daily quota */
  readonly requestsPerDay?: number;
}

/** What every endpoint allows when nothing is said: enough for an ordinary service, too little for a ruinous bill. */
export const DEFAULT_THROTTLE: Throttle = { requestsPerSecond: 100, burst: 200 };
