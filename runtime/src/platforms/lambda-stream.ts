import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpResponse } from '../http/http.js';

/** What Lambda puts beside a handler that streams. */
interface StreamingLambda {
  streamifyResponse<Event>(handler: StreamingHandler<Event>): StreamingHandler<Event>;
  readonly HttpResponseStream: {
    from(stream: Writable, prelude: { statusCode: number; headers: Readonly<Record<string, string>> }): Writable;
  };
}

export type StreamingHandler<Event> = (event: Event, stream: Writable) => Promise<void>;

/** Absent elsewhere, where nobody streams. */
const { awslambda } = globalThis as { awslambda?: StreamingLambda };

/** What is written at once: enough for few calls, little enough for the first byte to leave early. */
const PIECE_BYTES = 256 * 1024;

/** Marks `handler` for Lambda as one that writes its answer. */
export function streaming<Event>(handler: StreamingHandler<Event>): StreamingHandler<Event> {
  return awslambda ? awslambda.streamifyResponse(handler) : handler;
}

/** Writes status, headers and body as bytes, which may be more than the 6 MB of an answer in one piece. */
export async function writeResponse(stream: Writable, { status, headers, body }: HttpResponse): Promise<void> {
  const out = awslambda!.HttpResponseStream.from(stream, { statusCode: status, headers });
  await pipeline(pieces(typeof body === 'string' ? Buffer.from(body) : body), out);
}

function* pieces(body: Buffer): Generator<Buffer> {
  // Status and headers go out with the first piece, be it empty.
  for (let start = 0; start === 0 || start < body.length; start += PIECE_BYTES) {
    yield body.subarray(start, start + PIECE_BYTES);
  }
}
