import { InferenceError, invalid } from '../tensor/errors.js';
import type { HeldBytes } from './byte-budget.js';

/** The decoder of each content encoding. */
const DECODERS: ReadonlyMap<string, 'createGunzip' | 'createInflate'> = new Map([
  ['gzip', 'createGunzip'],
  ['x-gzip', 'createGunzip'],
  ['deflate', 'createInflate'],
]);

/** Bytes unpacked at once. */
const CHUNK_BYTES = 64 * 1024;

/** A body that is larger than allowed, once it is unpacked. */
export class BodyTooLarge extends InferenceError {
  constructor(limit: number) {
    super('OUT_OF_RANGE', `the body is larger than ${limit} bytes, the most that is allowed`);
  }
}

/** A content encoding, or content type, that is not supported. */
export class UnsupportedMedia extends InferenceError {
  constructor(what: string, allowed: string) {
    super('INVALID_ARGUMENT', `${what} is not supported; ${allowed} are`);
  }
}

/**
 * The body without its content encoding, never more than `limit` bytes of it.
 *
 * @param held counts the bytes as they are unpacked. @default they are not counted
 * @throws BodyTooLarge, UnsupportedMedia, InferenceError `UNAVAILABLE` if `held` refuses more, or `INVALID_ARGUMENT` for
 * bytes that do not unpack
 */
export async function inflated(body: Buffer, encoding: string, limit: number, held?: HeldBytes): Promise<Buffer> {
  const decoder = DECODERS.get(encoding.trim().toLowerCase());
  if (!decoder) throw new UnsupportedMedia(`content-encoding ${encoding.slice(0, 40)}`, 'gzip and deflate');
  // Loaded with the first such body: the server starts faster without it.
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
    throw invalid(`the body is no ${encoding} data`);
  }
  return Buffer.concat(chunks, size);
}
