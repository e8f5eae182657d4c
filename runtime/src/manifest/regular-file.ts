import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Maximum size of a manifest in bytes, in folders and in stores. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Maximum size of a signature, which has about 200 bytes for each file. */
export const MAX_SIGNATURE_BYTES = 16 * 1024 * 1024;

/** Milliseconds that a file system may take for a small file, before it counts as unresponsive. */
const READ_MS = 10_000;

/**
 * Reads a file that others can write, without blocking the event loop. Pipes and devices, which may never end, are not
 * read.
 *
 * @throws Error if the path is not a regular file, has more than `maxBytes`, cannot be read or is not read in time
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  return inTime(read(path, maxBytes), path);
}

async function read(path: string, maxBytes: number): Promise<Buffer> {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
    if (stats.size > maxBytes) throw new Error(`${path} has ${stats.size} bytes; ${maxBytes} are allowed`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Fails work on the file system that takes too long, for example on a network mount whose server is gone. */
export async function inTime<T>(work: Promise<T>, path: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${path} cannot be read within ${READ_MS / 1000} s`)), READ_MS);
  });
  work.catch(() => {});
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
