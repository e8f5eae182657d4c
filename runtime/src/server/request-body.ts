import type { IncomingMessage } from 'node:http';
import { UNCOUNTED_BYTES } from '../http/byte-budget.js';
import { BodyTooLarge } from '../http/inflate.js';
import { JSON_LENGTH_HEADER } from '../protocols/open-inference/infer-response.js';
import { paddingAfter } from '../tensor/alignment.js';
import { invalid } from '../tensor/errors.js';
import type { HeldBytes } from '../tensor/request.js';

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
  const body = new Body(incoming);
  let size = 0;
  let counted = 0;
  let isRefused = false;
  const stop = (error: Error) => {
    isRefused = true;
    body.clear();
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
    else if (!body.add(chunk)) stop(invalid(`the body comes in chunks of less than ${SMALL_CHUNK_BYTES} bytes`));
  });
  incoming.on('end', () => {
    if (!isRefused) done(body.finish());
  });
  incoming.on('error', ignore);
}

/**
 * Body as it arrives. It aligns the binary tensors after the JSON part, so that they can be read without a copy.
 */
class Body {
  /** Only chunk so far. Most bodies have one. */
  private first: Buffer | undefined;
  /** Memory for the whole body, if its length is known. */
  private whole: Buffer | undefined;
  private chunks: Buffer[] = [];
  private size = 0;
  private readonly offset: number;
  private readonly length: number | undefined;

  constructor({ headers }: IncomingMessage) {
    this.offset = paddingAfter(Number(headers[JSON_LENGTH_HEADER]));
    const { 'content-length': length } = headers;
    this.length = length === undefined ? undefined : Number(length);
  }

  /** Adds a chunk. @returns false if the chunks are too many and too small */
  add(chunk: Buffer): boolean {
    if (this.size === 0) this.first = chunk;
    else if (this.length === undefined) this.chunks.push(chunk);
    else {
      if (!this.whole) {
        this.whole = this.allocate(this.length);
        this.whole.set(this.first!);
      }
      this.whole.set(chunk, this.size);
    }
    this.size += chunk.length;
    const { length } = this.chunks;
    return length < MAX_SMALL_CHUNKS || this.size >= length * SMALL_CHUNK_BYTES;
  }

  finish(): Buffer {
    if (this.whole) return this.whole;
    if (this.chunks.length === 0) return this.first ?? EMPTY;
    const whole = this.allocate(this.size);
    let position = 0;
    for (const chunk of [this.first!, ...this.chunks]) {
      whole.set(chunk, position);
      position += chunk.length;
    }
    return whole;
  }

  /** Frees the memory. */
  clear(): void {
    this.first = undefined;
    this.whole = undefined;
    this.chunks = [];
  }

  private allocate(size: number): Buffer {
    return Buffer.allocUnsafeSlow(this.offset + size).subarray(this.offset);
  }
}

/** Ignores the error of a client that disconnects while it sends, because no client remains to respond to. */
export function ignore(): void {}
