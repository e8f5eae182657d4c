const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** A failure that a retry cannot fix, such as 403. */
export class PermanentError extends Error {}

/** The object does not exist. */
export class ObjectMissing extends PermanentError {}

/** The range begins at or after the end of the object. */
export class RangeMissing extends PermanentError {}

/** Whether the same request may succeed later. Timeouts, throttling and server errors are transient. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Converts a response status into an error. An error that a retry may fix is not a PermanentError. */
export function failureOf(status: number, message: string): Error {
  if (status === 404) return new ObjectMissing(message);
  if (status === 416) return new RangeMissing(message);
  return isPassing(status) ? new Error(message) : new PermanentError(message);
}

/**
 * Retries with full jitter, so that many instances that start together do not retry together.
 *
 * @param firstPauseMs half of the longest pause before the first retry. Each further pause is twice as long.
 */
export async function withRetries<T>(attempt: () => Promise<T>, firstPauseMs = FIRST_PAUSE_MS): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof PermanentError || tried === ATTEMPTS) throw error;
      await new Promise((done) => setTimeout(done, Math.random() * firstPauseMs * 2 ** tried));
    }
  }
}
