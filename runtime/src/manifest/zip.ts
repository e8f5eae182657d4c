import type { Bytes } from './file-bytes.js';

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const ENTRY_SIZE = 46;
const END_SIZE = 22;
const ZIP64_LOCATOR = 0x07064b50;
const LOCATOR_SIZE = 20;
const ZIP64_END_SIZE = 56;
const MAX_COMMENT = 0xffff;
/** Value of a 32-bit field whose actual value is in the ZIP64 records. */
const IN_ZIP64 = 0xffffffff;
/** Identifier of the extra field with the 64-bit values of an entry. */
const ZIP64_FIELD = 1;

const LOCAL_SIZE = 30;
/** Method of compressed entries. */
export const DEFLATED = 8;

/** A file in a ZIP archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  /** Bytes in the archive. */
  readonly size: number;
  /** Bytes when unpacked, as the archive claims. */
  readonly unpacked: number;
  readonly crc32: number;
  readonly isEncrypted: boolean;
  /** File type and permissions of Unix, or 0 if the archive was made elsewhere. */
  readonly mode: number;
  /** Offset of its local header. */
  readonly offset: number;
}

/**
 * Returns the files in a ZIP archive.
 *
 * @returns undefined if the central directory at the end is missing or unreadable, because the file was truncated
 */
export function zipEntries(file: Bytes): ZipEntry[] | undefined {
  const tailStart = Math.max(0, file.size - END_SIZE - MAX_COMMENT);
  const tail = file.read(tailStart, END_SIZE + MAX_COMMENT);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_OF_DIRECTORY) continue;
    const directory = directoryAt(file, tail, at, tailStart);
    return directory && entriesIn(directory);
  }
  return undefined;
}

function directoryAt(file: Bytes, tail: Buffer, at: number, tailStart: number): Buffer | undefined {
  let end = tailStart + at;
  let size = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  // The ZIP64 record has the 64-bit values. Its locator directly precedes the end record.
  const locator = end >= LOCATOR_SIZE ? file.read(end - LOCATOR_SIZE, LOCATOR_SIZE) : undefined;
  if (locator?.readUInt32LE(0) === ZIP64_LOCATOR) {
    end = Number(locator.readBigUInt64LE(8));
    const record = file.read(end, ZIP64_END_SIZE);
    if (record.length < ZIP64_END_SIZE) return undefined;
    const [wideSize, wideOffset] = [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
    // Readers that use one of two different directories see other files.
    if ((size !== IN_ZIP64 && size !== wideSize) || (offset !== IN_ZIP64 && offset !== wideOffset)) return undefined;
    [size, offset] = [wideSize, wideOffset];
  } else if (offset === IN_ZIP64 || size === IN_ZIP64) {
    return undefined;
  }
  // Some readers reckon the start of the archive from its end, and would read a directory at another offset.
  if (offset + size !== end) return undefined;
  const directory = file.read(offset, size);
  return directory.length === size ? directory : undefined;
}

function entriesIn(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + ENTRY_SIZE <= directory.length && directory.readUInt32LE(at) === ENTRY) {
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const nameEnd = at + ENTRY_SIZE + nameLength;
    const extra = directory.subarray(nameEnd, nameEnd + extraLength);
    const [unpacked, size, offset] = wideValues(extra, [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ]);
    entries.push({
      name: directory.toString('utf8', at + ENTRY_SIZE, nameEnd),
      method: directory.readUInt16LE(at + 10),
      size: size!,
      unpacked: unpacked!,
      crc32: directory.readUInt32LE(at + 16),
      isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      mode: directory.readUInt32LE(at + 38) >>> 16,
      offset: offset!,
    });
    at = nameEnd + extraLength + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** Replaces values that are too large for 32 bits by those of the ZIP64 field, which has them in the same order. */
function wideValues(extra: Buffer, values: readonly number[]): number[] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === ZIP64_FIELD) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return values.map((value) => {
    if (value !== IN_ZIP64 || next + 8 > field.length) return value;
    next += 8;
    return Number(field.readBigUInt64LE(next - 8));
  });
}

/** Returns the offset of the content of an entry in the archive. */
export function zipContentOffset(file: Bytes, { offset }: ZipEntry): number {
  const local = file.read(offset, LOCAL_SIZE);
  return offset + LOCAL_SIZE + local.readUInt16LE(26) + local.readUInt16LE(28);
}

/**
 * Reads a small file of an archive, at most `limit` bytes of it.
 *
 * @throws Error if it is compressed by another method than Deflate, or damaged
 */
export function readZipEntry(file: Bytes, entry: ZipEntry, limit: number): Buffer {
  const bytes = file.read(zipContentOffset(file, entry), Math.min(entry.size, limit));
  if (entry.method !== DEFLATED) return bytes;
  // Loaded on demand, because the server starts without it.
  const { inflateRawSync, constants } = process.getBuiltinModule('node:zlib');
  return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limit });
}
