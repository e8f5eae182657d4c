import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpResponse } from '../http/http.js';

/** Streaming API that Lambda provides to handlers. */
interface StreamingLambda {
  streamifyResponse<Event>(handler: StreamingHandler<Event>): StreamingHandler<Event>;
  readonly HttpResponseStream: {
    from(stream: Writable, prelude: { statusCode: number; headers: Readonly<Record<string, string>> }): Writable;
  };
}

export type StreamingHandler<Event> = (event: Event, stream: Writable) => Promise<void>;

/** Lambda's streaming API; undefined outside of Lambda. */
const { awslambda } = globalThis as { awslambda?: StreamingLambda };

/** Bytes per write. The value keeps the number of writes low and still sends the first byte early. */
const PIECE_BYTES = 256 * 1024;

/** Marks `handler` as a streaming handler for Lambda. */
export function streaming<Event>(handler: StreamingHandler<Event>): StreamingHandler<Event> {
  return awslambda ? awslambda.streamifyResponse(handler) : handler;
}

/** Writes status, headers and body as bytes. A streamed response may exceed the 6 MB limit of a buffered one. */
export async function writeResponse(stream: Writable, { status, headers, body }: HttpResponse): Promise<void> {
  const out = awslambda!.HttpResponseStream.from(stream, { statusCode: status, headers });
  await pipeline(pieces(typeof body === 'string' ? Buffer.from(body) : body), out);
}

function* pieces(body: Buffer): Generator<Buffer> {
  // Status and headers are sent with the first piece, even if the body is empty.
  for (let start = 0; start === 0 || start < body.length; start += PIECE_BYTES) {
    yield body.subarray(start, start + PIECE_BYTES);
  }
}
