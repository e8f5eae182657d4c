import type { IncomingMessage } from 'node:http';
import { type HeldBytes, UNCOUNTED_BYTES } from '../http/byte-budget.js';
import { BodyTooLarge } from '../http/inflate.js';
import { JSON_LENGTH_HEADER } from '../protocols/open-inference/infer-response.js';
import { paddingAfter } from '../tensor/alignment.js';
import { invalid } from '../tensor/errors.js';

/** The body of a request that has none. */
export const EMPTY = Buffer.alloc(0);

/** How long a client whose request was rejected may go on to send, in milliseconds; what it sends is dropped. */
export const LINGER_MS = 1000;

/** A chunk costs memory beside its bytes: no more than this many may be small on average. */
const MAX_SMALL_CHUNKS = 10_000;
const SMALL_CHUNK_BYTES = 256;

/**
 * Reads the whole body, and gives it to `done`, or to `refuse` why it is not read any further.
 *
 * @param held counts the bytes as they arrive
 */
export function readBody(
  incoming: IncomingMessage,
  maxBodyBytes: number,
  held: () => HeldBytes,
  refuse: (error: Error) => void,
  done: (body: Buffer) => void,
): void {
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  let size = 0;
  let counted = 0;
  let isRefused = false;
  const stop = (error: Error) => {
    isRefused = true;
    first = undefined;
    chunks = undefined;
    held().release();
    refuse(error);
  };
  incoming.on('data', (chunk: Buffer) => {
    if (isRefused) return;
    size += chunk.length;
    if (size > UNCOUNTED_BYTES) {
      try {
        held().take(size - counted);
        counted = size;
      } catch (error) {
        stop(error as Error);
        return;
      }
    }
    if (size > maxBodyBytes) stop(new BodyTooLarge(maxBodyBytes));
    else if (first === undefined) first = chunk;
    else if (chunks === undefined) chunks = [first, chunk];
    else if (chunks.push(chunk) > MAX_SMALL_CHUNKS && size < chunks.length * SMALL_CHUNK_BYTES) {
      stop(invalid(`the body comes in chunks of less than ${SMALL_CHUNK_BYTES} bytes`));
    }
  });
  incoming.on('end', () => {
    if (isRefused) return;
    done(chunks ? join(chunks, size, Number(incoming.headers[JSON_LENGTH_HEADER])) : (first ?? EMPTY));
  });
  incoming.on('error', ignore);
}

/** Joins a body so that the binary tensors behind its JSON, if it has some, can be read where they are. */
function join(chunks: readonly Buffer[], size: number, jsonLength: number): Buffer {
  const offset = paddingAfter(jsonLength);
  const body = Buffer.allocUnsafeSlow(offset + size).subarray(offset);
  let position = 0;
  for (const chunk of chunks) {
    body.set(chunk, position);
    position += chunk.length;
  }
  return body;
}

/** A client that goes away while it sends has nobody left to answer. */
export function ignore(): void {}
