import { InferenceError, invalid } from '../tensor/errors.js';
import type { HeldBytes } from '../tensor/request.js';

/** Decoder of each supported content encoding. */
const DECODERS: ReadonlyMap<string, 'createGunzip' | 'createInflate'> = new Map([
  ['gzip', 'createGunzip'],
  ['x-gzip', 'createGunzip'],
  ['deflate', 'createInflate'],
]);

/** Maximum bytes per decompressed chunk. */
const CHUNK_BYTES = 64 * 1024;

/** Error for a body that is too large after decompression. */
export class BodyTooLarge extends InferenceError {
  constructor(limit: number) {
    super('OUT_OF_RANGE', `the body is larger than ${limit} bytes, which is the limit`);
  }
}

/** Error for an unsupported content encoding or content type. */
export class UnsupportedMedia extends InferenceError {
  constructor(what: string, allowed: string) {
    super('INVALID_ARGUMENT', `${what} is not supported; ${allowed} are`);
  }
}

/**
 * Decompresses a body to at most `limit` bytes.
 *
 * @param held counts the bytes as they are decompressed; by default they are not counted
 * @throws BodyTooLarge, UnsupportedMedia, InferenceError `UNAVAILABLE` if `held` rejects more bytes, or
 * `INVALID_ARGUMENT` for invalid compressed data
 */
export async function inflated(body: Buffer, encoding: string, limit: number, held?: HeldBytes): Promise<Buffer> {
  const decoder = DECODERS.get(encoding.trim().toLowerCase());
  if (!decoder) throw new UnsupportedMedia(`content-encoding ${encoding.slice(0, 40)}`, 'gzip and deflate');
  // zlib is loaded with the first compressed body, so that the server starts faster.
  const { [decoder]: create } = await import('node:zlib');
  const stream = create({ chunkSize: CHUNK_BYTES });
  const chunks: Buffer[] = [];
  let size = 0;
  stream.end(body);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new BodyTooLarge(limit);
      held?.take(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof InferenceError) throw error;
    throw invalid(`the body is not valid ${encoding} data`);
  }
  return Buffer.concat(chunks, size);
}
