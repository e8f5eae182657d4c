import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Frees the memory of tensors and buffers that are no longer used. V8 collects them late, because they take little
 * memory of its own heap. It blocks its thread for some milliseconds.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Bytes of discarded buffers that are worth a collection, which takes 10 ms of processor time or more. */
const WORTHWHILE_BYTES = 8 * 1024 * 1024;

/** Milliseconds without new garbage after which the rest is collected. */
const IDLE_MS = 2000;

/** Collects the buffers that a thread discards, many small ones together. */
export class DiscardedBuffers {
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly collectGarbage: () => void) {}

  /** Counts buffers that are no longer used once the current callback has returned. */
  add(bytes: number): void {
    this.bytes += bytes;
    clearTimeout(this.timer);
    if (this.bytes >= WORTHWHILE_BYTES) setImmediate(this.collect);
    else this.timer = setTimeout(this.collect, IDLE_MS).unref();
  }

  private readonly collect = () => {
    // Each request of a turn that is above the threshold schedules a collection, and the first frees the buffers of all.
    if (this.bytes === 0) return;
    this.bytes = 0;
    this.collectGarbage();
  };
}
