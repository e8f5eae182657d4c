import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MAX_MANIFEST_BYTES } from '../manifest/regular-file.js';
import type { ObjectSource } from './object-source.js';
import { named, openStore } from './open-store.js';
import { PermanentError, withRetries } from './retry.js';

/** Bytes of a part: large enough that the round trip is negligible, small enough to retry. */
const PART_BYTES = 8 * 1024 * 1024;

/** Number of parts of one object read in parallel. A single connection does not saturate a cloud network link. */
const PARALLEL_PARTS = 8;

/**
 * Downloads the object of `size` bytes at `url` to `path` in parallel parts. An interrupted part resumes where it
 * stopped.
 *
 * @throws Error naming the URL without its query, which may be secret
 */
export async function download(url: string, path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    await named(url, async () => {
      const source = (await openStore(url)).open(new URL(url));
      let next = 0;
      const worker = async () => {
        while (next < size) {
          const start = next;
          next += PART_BYTES;
          if (await copyPart(source, file, start, Math.min(start + PART_BYTES, size), size)) next = size;
        }
      };
      await Promise.all(Array.from({ length: PARALLEL_PARTS }, worker));
    });
  } finally {
    await file.close();
  }
}

/**
 * Downloads the small object at `url` as text.
 *
 * @param maxBytes maximum size. By default, that of a manifest
 * @throws ObjectMissing, or Error, naming the URL without its query, which may be secret
 */
export async function downloadText(url: string, maxBytes = MAX_MANIFEST_BYTES): Promise<string> {
  return named(url, async () => {
    const source = (await openStore(url)).open(new URL(url));
    return withRetries(async () => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of (await source.read(0, maxBytes + 1)).chunks) {
        size += chunk.length;
        if (size > maxBytes) throw new PermanentError(`it is larger than ${maxBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    });
  });
}

/**
 * Copies one part to its position in the file.
 *
 * @returns whether the store ignores ranges. The first part has then copied the whole object.
 */
async function copyPart(
  source: ObjectSource,
  file: FileHandle,
  start: number,
  end: number,
  size: number,
): Promise<boolean> {
  let position = start;
  return withRetries(async () => {
    const { chunks, isWhole } = await source.read(position, end);
    if (isWhole && start > 0) {
      // The worker of the first part copies the whole object. Leaving the loop after one chunk closes this response.
      for await (const _ of chunks) break;
      return true;
    }
    const last = isWhole ? size : end;
    let arriving = isWhole ? 0 : position;
    for await (const chunk of chunks) {
      const fresh = chunk.subarray(Math.max(0, position - arriving), Math.max(0, last - arriving));
      arriving += chunk.length;
      if (fresh.length > 0) await write(file, fresh, position);
      position += fresh.length;
      if (position === last) break;
    }
    if (position < last) throw new Error(`the transfer ended ${last - position} bytes early`);
    return isWhole;
  });
}

async function write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  try {
    for (let written = 0; written < bytes.length; ) {
      written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
    }
  } catch (error) {
    // A retry does not free disk space.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new PermanentError('no space is left on the disk; give the host a larger one, or TMPDIR a larger folder');
  }
}
