import { promisify } from 'node:util';
import { InferenceError, invalid } from '../tensor/errors.js';

/** The decoder of each content encoding. */
const DECODERS: ReadonlyMap<string, 'gunzip' | 'inflate'> = new Map([
  ['gzip', 'gunzip'],
  ['x-gzip', 'gunzip'],
  ['deflate', 'inflate'],
]);

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
 * @throws BodyTooLarge, UnsupportedMedia, or InferenceError `INVALID_ARGUMENT` for bytes that do not unpack
 */
export async function inflated(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const decoder = DECODERS.get(encoding.trim().toLowerCase());
  if (!decoder) throw new UnsupportedMedia(`content-encoding ${encoding.slice(0, 40)}`, 'gzip and deflate');
  // Loaded with the first such body: the server starts faster without it.
  const { [decoder]: decode } = await import('node:zlib');
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(decode)(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge(limit);
    throw invalid(`the body is no ${encoding} data`);
  }
}
