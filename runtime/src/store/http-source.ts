import type { Credentials } from './credentials.js';
import type { ObjectSource } from './object-source.js';
import { failureOf } from './retry.js';

/** Milliseconds that a store may send nothing, before its response and during it. */
const SILENCE_MS = 60_000;

const noCredentials: Credentials = async () => ({});

/** An object that is read over HTTP. */
export function httpSource(
  url: string,
  credentials: Credentials = noCredentials,
  silenceMs = SILENCE_MS,
): ObjectSource {
  return {
    async read(start, end) {
      const headers = { ...(await credentials()), range: `bytes=${start}-${end - 1}` };
      const watch = new SilenceWatch(silenceMs);
      try {
        const response = await ask(url, watch.signal, headers);
        return { chunks: watch.watched(response.body ?? []), isWhole: response.status !== 206 };
      } catch (error) {
        watch.end();
        throw error;
      }
    },
  };
}

/** Sends a GET request to a store and returns the response body as text. */
export async function httpText(url: string, credentials: Credentials = noCredentials): Promise<string> {
  return (await ask(url, AbortSignal.timeout(SILENCE_MS), await credentials())).text();
}

/** Request that writes to a store. */
export interface HttpWrite {
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** Status besides 2xx that is no failure. @default - none */
  readonly accepts?: number;
}

/** Sends a request that writes to a store and returns the headers of the response. */
export async function httpWrite(
  url: string,
  { method, headers, body, accepts }: HttpWrite,
  credentials: Credentials = noCredentials,
): Promise<Pick<Response, 'status' | 'headers'>> {
  const signal = AbortSignal.timeout(SILENCE_MS);
  const response = await ask(url, signal, { ...(await credentials()), ...headers }, { method, body }, accepts);
  await response.body?.cancel();
  return response;
}

async function ask(
  url: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
  write?: Pick<HttpWrite, 'method' | 'body'>,
  accepts?: number,
): Promise<Response> {
  // A redirect would send the credentials to another host.
  const response = await fetch(url, { ...write, headers, redirect: 'manual', signal });
  if (response.ok || response.status === accepts) return response;
  await response.body?.cancel();
  throw failureOf(response.status, `the store answered ${response.status}`);
}

/** Aborts a response that has stalled. A response that makes progress may take any time. */
class SilenceWatch {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.timer = setTimeout(() => {
      this.controller.abort(new Error(`the store sent no data for ${silenceMs / 1000} s`));
    }, silenceMs);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
  }

  async *watched(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        this.timer.refresh();
        yield chunk;
      }
    } finally {
      this.end();
    }
  }
}
