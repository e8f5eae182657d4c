/** Looks between two attempts at most. */
const MAX_PAUSE = 64;

/** What failed, so that it is told once, and tried again after twice as many looks each time. */
export class Setbacks {
  private readonly known = new Map<string, { message: string; pause: number; left: number }>();

  /** Whether it is time to try `key`, at this look. */
  isDue(key: string): boolean {
    const setback = this.known.get(key);
    if (setback === undefined) return true;
    setback.left--;
    return setback.left < 0;
  }

  /** @returns whether this failure was not told yet */
  note(key: string, message: string): boolean {
    const before = this.known.get(key);
    const pause = Math.min(MAX_PAUSE, before === undefined ? 1 : before.pause * 2);
    this.known.set(key, { message, pause, left: pause });
    return before?.message !== message;
  }

  /** Forgets `key`, or everything, so that it is tried at the next look. */
  clear(key?: string): void {
    if (key === undefined) this.known.clear();
    else this.known.delete(key);
  }
}
