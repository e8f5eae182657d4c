import type { ObjectSource } from '../store/object-source.js';
import { named, openStore } from '../store/open-store.js';
import { PermanentError, RangeMissing, withRetries } from '../store/retry.js';

/** Bytes of a part. A part is read in one go, because a response that waits for the model would time out. */
const PART_BYTES = 8 * 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * Reads the lines of the object at `url` that are not blank, without their line breaks. The object may be larger than the
 * memory.
 *
 * @throws Error if the object cannot be read, or a line has more than `maxBytes`
 */
export async function* readLines(url: string, maxBytes: number): AsyncGenerator<Buffer> {
  const source = (await named(url, () => openStore(url))).open(new URL(url));
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of readParts(url, source)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield* nonBlank(bytes.subarray(start, end), maxBytes);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > maxBytes) throw new PermanentError(tooLong(maxBytes));
  }
  yield* nonBlank(rest, maxBytes);
}

function* nonBlank(line: Buffer, maxBytes: number): Generator<Buffer> {
  if (line.length > maxBytes) throw new PermanentError(tooLong(maxBytes));
  if (line.some((byte) => byte > 0x20)) yield line;
}

function tooLong(maxBytes: number): string {
  return `a line has more than ${maxBytes} bytes`;
}

/** Reads the object part by part, up to its end. */
async function* readParts(url: string, source: ObjectSource): AsyncGenerator<Buffer> {
  for (let start = 0, isLast = false; !isLast; start += PART_BYTES) {
    const part = await named(url, () => withRetries(() => readPart(source, start)));
    if (part.bytes.length > 0) yield part.bytes;
    isLast = part.isLast;
  }
}

async function readPart(source: ObjectSource, start: number): Promise<{ bytes: Buffer; isLast: boolean }> {
  try {
    const { chunks, isWhole } = await source.read(start, start + PART_BYTES);
    const read: Uint8Array[] = [];
    for await (const chunk of chunks) read.push(chunk);
    const bytes = Buffer.concat(read);
    return { bytes, isLast: isWhole || bytes.length < PART_BYTES };
  } catch (error) {
    // The object is empty, or its size is a multiple of that of a part.
    if (error instanceof RangeMissing) return { bytes: Buffer.alloc(0), isLast: true };
    throw error;
  }
}
