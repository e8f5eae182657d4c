import { InferenceError } from '../tensor/errors.js';

/** Bodies and answers up to this size are not counted: a request may take as much for its headers alone. */
export const UNCOUNTED_BYTES = 16 * 1024;

/** Bytes of request bodies, gRPC messages and answers that the process holds at once, over all connections. */
export class ByteBudget {
  private held = 0;

  /** @param limit in bytes */
  constructor(private readonly limit: number) {}

  /** Opens the account of one request. */
  open(): HeldBytes {
    let own = 0;
    const check = (bytes: number) => {
      const others = this.held - own;
      // The limits of one request apply to a request that is alone; refused here, it could never be answered.
      if (others === 0 || this.held + bytes <= this.limit) return;
      throw new InferenceError('UNAVAILABLE', 'the server holds as many bytes of other requests as it may', 1);
    };
    const resize = (bytes: number) => {
      this.held += bytes - own;
      own = bytes;
    };
    return {
      check,
      take(bytes) {
        check(bytes);
        resize(own + bytes);
      },
      resize,
      release: () => resize(0),
    };
  }
}

/** Bytes that one request holds. */
export interface HeldBytes {
  /** @throws InferenceError `UNAVAILABLE` if `bytes` more would exceed the budget */
  check(bytes: number): void;
  /**
   * Counts `bytes` more.
   *
   * @throws InferenceError `UNAVAILABLE` if they exceed the budget; they are not counted then
   */
  take(bytes: number): void;
  /** Counts `bytes` in place of all that was counted. */
  resize(bytes: number): void;
  /** Ends the account. */
  release(): void;
}
