import { ENVIRONMENT } from '../contract.js';
import { InferenceError } from '../tensor/errors.js';
import type { HeldBytes } from '../tensor/request.js';

/** Size in bytes up to which bodies, tensors and responses are not counted. The headers of a request may take as much. */
export const UNCOUNTED_BYTES = 16 * 1024;

/** Bytes held at once that make a burst, and bytes below which it is over. */
const BURST_BYTES = 16 * 1024 * 1024;
const QUIET_BYTES = 1024 * 1024;

/** Milliseconds after a burst, in which clients still send what is discarded. */
const QUIET_MS = 2000;

/**
 * Limit on the bytes of request bodies, gRPC messages, tensors and responses that the process holds in memory, across
 * all connections.
 */
export class ByteBudget {
  private held = 0;
  private isBurst = false;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param limit in bytes
   * @param onQuiet called two seconds after requests held much memory, once they hold little. @default - not called
   */
  constructor(
    public limit: number,
    private readonly onQuiet?: () => void,
  ) {}

  /** Opens the account of one request. */
  open(): HeldBytes {
    return new Account(this);
  }

  /** Checks that a request that holds `own` bytes may hold `bytes` more. @throws InferenceError */
  check(own: number, bytes: number): void {
    const { held, limit } = this;
    if (held + bytes <= limit) return;
    if (own + bytes > limit) {
      throw new InferenceError(
        'OUT_OF_RANGE',
        `the request needs ${own + bytes} bytes of memory, ${Math.floor(limit)} are allowed: send less data at once, ` +
          `or raise ${ENVIRONMENT.maxBufferBytes}`,
      );
    }
    throw new InferenceError('UNAVAILABLE', 'the memory budget for requests and responses is used up', 1);
  }

  add(bytes: number): void {
    this.held += bytes;
    if (this.held > BURST_BYTES) this.isBurst = true;
    else if (this.isBurst && this.held < QUIET_BYTES) this.endBurst();
  }

  private endBurst(): void {
    this.isBurst = false;
    // A stream of large requests has many bursts, and the callback takes time.
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.held < QUIET_BYTES) this.onQuiet?.();
      else this.isBurst = true;
    }, QUIET_MS).unref();
  }
}

class Account implements HeldBytes {
  bytes = 0;
  private isClosed = false;

  constructor(private readonly budget: ByteBudget) {}

  check(bytes: number): void {
    this.budget.check(this.bytes, bytes);
  }

  take(bytes: number): void {
    this.check(bytes);
    this.resize(this.bytes + bytes);
  }

  resize(bytes: number): void {
    // Runs may end after their request.
    if (this.isClosed) return;
    this.budget.add(bytes - this.bytes);
    this.bytes = bytes;
  }

  release(): void {
    this.resize(0);
    this.isClosed = true;
  }
}
