/** Maximum number of scans between two attempts. */
const MAX_PAUSE = 64;

/** Failures by key. A repeated failure is reported once, and the pause before the next attempt doubles each time. */
export class RetryBackoff {
  private readonly known = new Map<string, { message: string; pause: number; left: number }>();

  /** Returns whether `key` should be tried in this scan. Each call counts as one scan. */
  isDue(key: string): boolean {
    const setback = this.known.get(key);
    if (setback === undefined) return true;
    setback.left--;
    return setback.left < 0;
  }

  /** Records a failure. @returns whether its message is new */
  note(key: string, message: string): boolean {
    const before = this.known.get(key);
    const pause = Math.min(MAX_PAUSE, before === undefined ? 1 : before.pause * 2);
    this.known.set(key, { message, pause, left: pause });
    return before?.message !== message;
  }

  /** Forgets the failure of `key`, or all failures, so that the next scan tries again. */
  clear(key?: string): void {
    if (key === undefined) this.known.clear();
    else this.known.delete(key);
  }
}
