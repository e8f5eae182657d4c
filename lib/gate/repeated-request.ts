import { setTimeout } from 'node:timers/promises';
import type { HttpResponse } from '../requests/http.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Response that is not successful. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';

  constructor(
    /** What responded, as the start of a sentence: `lambda`. */
    subject: string,
    readonly status: number,
    body: string,
  ) {
    super(`${subject} responded with ${status}: ${body.slice(0, 500)}`);
  }
}

/**
 * Repeats a request until it succeeds, or `signal` aborts.
 *
 * @param mayBeRepeated whether a request with this response may succeed later
 * @throws ResponseError with the last response, or the last fault of the connection, if no request succeeds
 */
export async function repeatedRequest(
  subject: string,
  request: () => Promise<HttpResponse>,
  mayBeRepeated: (response: HttpResponse, milliseconds: number) => boolean,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const start = Date.now();
  let failure: Error | undefined;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
    try {
      const response = await request();
      if (response.status === 200) return response;
      failure = new ResponseError(subject, response.status, response.body);
      if (!mayBeRepeated(response, Date.now() - start)) break;
    } catch (error) {
      if (!signal.aborted) failure = error as Error;
    }
    await setTimeout(pause, undefined, { signal }).catch(() => {});
  }
  throw failure ?? signal.reason;
}
