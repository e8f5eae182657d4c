const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** A failure that another attempt will not mend, such as 403 or 404. */
export class PermanentError extends Error {}

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
