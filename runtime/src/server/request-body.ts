import type { IncomingMessage } from 'node:http';
import { type HeldBytes, UNCOUNTED_BYTES } from '../http/byte-budget.js';
import { BodyTooLarge } from '../http/inflate.js';
import { JSON_LENGTH_HEADER } from '../protocols/open-inference/infer-response.js';
import { paddingAfter } from '../tensor/alignment.js';
import { invalid } from '../tensor/errors.js';

/** Empty request body. */
export const EMPTY = Buffer.alloc(0);

/** Milliseconds that a client may keep sending after its request was rejected. The server discards what it sends. */
export const LINGER_MS = 1000;

/** Maximum number of chunks whose average size may be small. Each chunk takes memory in addition to its bytes. */
const MAX_SMALL_CHUNKS = 10_000;
const SMALL_CHUNK_BYTES = 256;

/**
 * Reads the whole body and passes it to `done`. If the body must not be read any further, passes the error to `refuse`.
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

/**
 * Joins the chunks of a body. It aligns the binary tensors after the JSON part, so that they can be read without a
 * copy.
 */
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

/** Ignores the error of a client that disconnects while it sends, because no client remains to respond to. */
export function ignore(): void {}
