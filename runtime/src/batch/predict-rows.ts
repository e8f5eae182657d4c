import type { HttpRequest, HttpResponse } from '../http/http.js';
import { isPassing, withRetries } from '../store/retry.js';

/** Response to a request, as the server gives it. */
export type Handle = (request: HttpRequest) => Promise<HttpResponse>;

/** Prediction for one row as a line of JSON, or the cause of its failure. */
export type RowResult = { readonly prediction: string } | { readonly error: string };

/** The server may restart a worker, which loads the model again. */
const FIRST_PAUSE_MS = 1000;

/**
 * Predicts the rows in one request. If the request is invalid, its halves are sent instead, so that one invalid row fails
 * alone. Requests that fail for other reasons are retried.
 *
 * @returns one result for each row, in their order
 */
export async function predictRows(
  handle: Handle,
  rows: readonly Buffer[],
  firstPauseMs = FIRST_PAUSE_MS,
): Promise<readonly RowResult[]> {
  const { status, body } = await respond(handle, rows, firstPauseMs);
  const text = body.toString();
  if (status === 200) {
    const lines = text.split('\n').slice(0, -1);
    if (lines.length === rows.length) return lines.map((prediction) => ({ prediction }));
    // A line holds several rows, or the model does not return a prediction for each row.
    if (rows.length === 1)
      return [{ error: `the line has ${lines.length} predictions; one row per line is supported` }];
  } else if (rows.length === 1 || isPassing(status)) {
    const error = causeOf(status, text);
    return rows.map(() => ({ error }));
  }
  const middle = Math.ceil(rows.length / 2);
  return [
    ...(await predictRows(handle, rows.slice(0, middle), firstPauseMs)),
    ...(await predictRows(handle, rows.slice(middle), firstPauseMs)),
  ];
}

async function respond(handle: Handle, rows: readonly Buffer[], firstPauseMs: number): Promise<HttpResponse> {
  const request: HttpRequest = {
    method: 'POST',
    // SageMaker's batch transform sends the same requests.
    path: '/invocations',
    query: '',
    headers: { 'content-type': 'application/jsonlines', accept: 'application/x-ndjson' },
    body: Buffer.concat(rows.flatMap((row) => [row, Buffer.from('\n')])),
  };
  let response: HttpResponse | undefined;
  const attempt = async () => {
    response = await handle(request);
    if (isPassing(response.status)) throw new Error(`the model responded with ${response.status}`);
    return response;
  };
  return withRetries(attempt, firstPauseMs).catch((error: unknown) => {
    if (response) return response;
    throw error;
  });
}

/** Returns the message of an error response, which is JSON. */
function causeOf(status: number, text: string): string {
  return `${status}: ${(JSON.parse(text) as { error: string }).error}`;
}
