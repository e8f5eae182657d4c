/** Callers that are remembered; the one that asked longest ago is forgotten first, with a full bucket by then. */
const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  since: number;
}

/** A bucket of requests for each caller, that fills by so many a second and holds one second's worth. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly capacity: number;

  constructor(private readonly perSecond: number) {
    this.capacity = Math.max(1, perSecond);
  }

  /**
   * Takes one request of `caller`'s.
   *
   * @param now in milliseconds
   * @returns 0, or the seconds after which there is one again
   */
  take(caller: string, now: number): number {
    const known = this.buckets.get(caller);
    const filled = known ? known.tokens + ((now - known.since) / 1000) * this.perSecond : this.capacity;
    const tokens = Math.min(this.capacity, filled);
    const isAllowed = tokens >= 1;
    // Set anew, so that the map's order is that of the last request.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, since: now });
    if (this.buckets.size > MAX_CALLERS) this.buckets.delete(this.buckets.keys().next().value!);
    return isAllowed ? 0 : (1 - tokens) / this.perSecond;
  }
}
