import type { ObjectSource } from './object-source.js';
import { PermanentError } from './retry.js';

/** Answers that may be better next time: throttling, and a fault of the store's own. */
const isPassing = (status: number) => status === 408 || status === 429 || status >= 500;

/** An object behind HTTP. `headers` gives what proves who asks, anew for each part. */
export function httpSource(
  url: string,
  headers: () => Promise<Record<string, string>> = async () => ({}),
): ObjectSource {
  return {
    async read(start, end) {
      const response = await fetch(url, {
        headers: { ...(await headers()), range: `bytes=${start}-${end - 1}` },
        // A store that sends elsewhere would be given the credentials too.
        redirect: 'manual',
        signal: AbortSignal.timeout(60_000),
      });
      if (!response.ok) {
        const message = `the store answered ${response.status}`;
        throw isPassing(response.status) ? new Error(message) : new PermanentError(message);
      }
      const bytes = Buffer.from(await response.arrayBuffer());
      // A server without ranges sends everything.
      return response.status === 206 ? bytes : bytes.subarray(start, end);
    },
  };
}
