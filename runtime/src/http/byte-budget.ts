import { InferenceError } from '../tensor/errors.js';

/** Size in bytes up to which bodies and responses are not counted. The headers of a request may take as much. */
export const UNCOUNTED_BYTES = 16 * 1024;

/**
 * Limit on the bytes of request bodies, gRPC messages and responses that the process holds in memory, across all
 * connections.
 */
export class ByteBudget {
  private held = 0;

  /** @param limit in bytes */
  constructor(public limit: number) {}

  /** Opens the account of one request. */
  open(): HeldBytes {
    let own = 0;
    const check = (bytes: number) => {
      const others = this.held - own;
      // A request that runs alone is bounded by its own size limits. Rejecting it here would mean that it could never
      // succeed.
      if (others === 0 || this.held + bytes <= this.limit) return;
      throw new InferenceError('UNAVAILABLE', 'the memory budget for request and response bodies is used up', 1);
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

/** Memory account of one request. */
export interface HeldBytes {
  /** Checks that `bytes` more fit into the budget. @throws InferenceError `UNAVAILABLE` if they exceed it */
  check(bytes: number): void;
  /** Counts `bytes` more. @throws InferenceError `UNAVAILABLE` if they exceed the budget; they are then not counted */
  take(bytes: number): void;
  /** Replaces the bytes counted so far with `bytes`. */
  resize(bytes: number): void;
  /** Closes the account and frees its bytes. */
  release(): void;
}
