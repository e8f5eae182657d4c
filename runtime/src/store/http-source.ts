import type { Credentials } from './credentials.js';
import type { ObjectSource } from './object-source.js';
import { failureOf } from './retry.js';

/** How long a store may take for one answer, the last byte included. */
const ANSWER_MS = 60_000;

const nobody: Credentials = async () => ({});

/** An object behind HTTP. */
export function httpSource(url: string, credentials: Credentials = nobody): ObjectSource {
  return {
    async read(start, end) {
      const response = await ask(url, credentials, { range: `bytes=${start}-${end - 1}` });
      return { chunks: response.body ?? NOTHING, isWhole: response.status !== 206 };
    },
  };
}

/** The text that a store answers to a question about its objects. */
export async function httpText(url: string, credentials: Credentials = nobody): Promise<string> {
  return (await ask(url, credentials)).text();
}

async function ask(url: string, credentials: Credentials, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, {
    headers: { ...(await credentials()), ...headers },
    // A store that sends elsewhere would be given the credentials too.
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw failureOf(response.status, `the store answered ${response.status}`);
}

const NOTHING: AsyncIterable<Uint8Array> = (async function* () {})();
