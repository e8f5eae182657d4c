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

  /** Number of callers whose buckets are not full. */
  get size(): number {
    return this.buckets.size;
  }

  /**
   * Takes one request from the bucket of `caller`.
   *
   * @param now current time in milliseconds
   * @returns 0 if the request is allowed, otherwise the seconds until the next one is
   */
  take(caller: string, now = performance.now()): number {
    const known = this.buckets.get(caller);
    const tokens = known ? this.filled(known, now) : this.capacity;
    const isAllowed = tokens >= 1;
    // Deleting first moves the caller to the end of the map, which keeps the map ordered by last request.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, since: now });
    this.forgetFull(now);
    return isAllowed ? 0 : (1 - tokens) / this.perSecond;
  }

  private filled({ tokens, since }: Bucket, now: number): number {
    return Math.min(this.capacity, tokens + ((now - since) / 1000) * this.perSecond);
  }

  /**
   * Removes the oldest buckets that are full, because a new bucket is full too. Only the callers of about the last second
   * remain, however many they are: forgetting one of them would give it a second quota.
   */
  private forgetFull(now: number): void {
    for (const [caller, bucket] of this.buckets) {
      if (this.filled(bucket, now) < this.capacity) return;
      this.buckets.delete(caller);
    }
  }
}
