/**
 * Maximum number of callers to remember. The caller with the oldest request is dropped first; its bucket is full by
 * then.
 */
const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  since: number;
}

/** Token buckets, one per caller. Each refills at a fixed rate per second and holds one second's worth of requests. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly capacity: number;

  constructor(private readonly perSecond: number) {
    this.capacity = Math.max(1, perSecond);
  }

  /**
   * Takes one request from the bucket of `caller`.
   *
   * @param now current time in milliseconds
   * @returns 0 if the request is allowed, otherwise the seconds until the next one is
   */
  take(caller: string, now = performance.now()): number {
    const known = this.buckets.get(caller);
    const filled = known ? known.tokens + ((now - known.since) / 1000) * this.perSecond : this.capacity;
    const tokens = Math.min(this.capacity, filled);
    const isAllowed = tokens >= 1;
    // Deleting first moves the caller to the end of the map, which keeps the map ordered by last request.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, since: now });
    if (this.buckets.size > MAX_CALLERS) this.buckets.delete(this.buckets.keys().next().value!);
    return isAllowed ? 0 : (1 - tokens) / this.perSecond;
  }
}
