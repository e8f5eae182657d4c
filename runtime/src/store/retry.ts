const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** A failure that another attempt will not mend, such as 403. */
export class PermanentError extends Error {}

/** There is no such object. */
export class ObjectMissing extends PermanentError {}

/** The failure by which a store's answer is told; one that may be better next time is no PermanentError. */
export function failureOf(status: number, message: string): Error {
  if (status === 404) return new ObjectMissing(message);
  // Throttling, and a fault of the store's own.
  const isPassing = status === 408 || status === 429 || status >= 500;
  return isPassing ? new Error(message) : new PermanentError(message);
}

/** Tries again with full jitter, so that many instances that start at once do not come back at once. */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof PermanentError || tried === ATTEMPTS) throw error;
      await new Promise((done) => setTimeout(done, Math.random() * FIRST_PAUSE_MS * 2 ** tried));
    }
  }
}
