import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openSource } from './open-source.js';
import { withRetries } from './retry.js';

/** Bytes of a part: large enough that a round trip does not count, small enough to try again. */
const PART_BYTES = 8 * 1024 * 1024;

/** Parts of one object that are read at once; one connection does not fill a cloud's link. */
const PARALLEL_PARTS = 8;

/** Bytes of a manifest at most. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/**
 * Writes the object of `size` bytes at `url` to `path`, in parallel parts.
 *
 * @throws Error naming the URL without its query, which may be secret
 */
export async function download(url: string, path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    await named(url, async () => {
      const source = await openSource(url);
      let next = 0;
      const worker = async () => {
        while (next < size) {
          const start = next;
          next += PART_BYTES;
          const end = Math.min(start + PART_BYTES, size);
          const bytes = await withRetries(() => source.read(start, end));
          await file.write(bytes, 0, bytes.length, start);
        }
      };
      await Promise.all(Array.from({ length: PARALLEL_PARTS }, worker));
    });
  } finally {
    await file.close();
  }
}

/**
 * The text of the small object at `url`.
 *
 * @throws Error naming the URL without its query, which may be secret
 */
export async function downloadText(url: string): Promise<string> {
  return named(url, async () => {
    const source = await openSource(url);
    return (await withRetries(() => source.read(0, MAX_TEXT_BYTES))).toString('utf8');
  });
}

async function named<T>(url: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`${url.split('?')[0]} cannot be fetched: ${(error as Error).message}`);
  }
}
