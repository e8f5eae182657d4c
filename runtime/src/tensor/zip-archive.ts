import { invalid } from './errors.js';

// Record signatures and sizes: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
/** Format version that readers must support. */
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1 January 1980, the earliest date that the format supports. */
const FIRST_DAY = 0x21;

/** Maximum number of files in an archive of a request. */
const MAX_FILES = 100;

/** Maximum unpacked size of all files in bytes, because a small archive can unpack to a large one. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

/** A file of an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly content: Buffer;
}

/** Entry of a file in the central directory. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly at: number;
}

/**
 * Reads the files of a ZIP archive, stored or deflated.
 *
 * @param maximumBytes maximum unpacked size of all files @default - that of a request
 * @throws InferenceError `INVALID_ARGUMENT` if the archive is invalid, damaged, or too large when unpacked
 */
export async function readArchive(bytes: Buffer, maximumBytes = MAX_UNPACKED_BYTES): Promise<readonly ArchiveFile[]> {
  const entries = readDirectory(bytes);
  const total = entries.reduce((sum, { unpacked }) => sum + unpacked, 0);
  if (total > maximumBytes) {
    throw invalid(`the ZIP archive unpacks to ${total} bytes, and ${maximumBytes} are allowed`);
  }
  return Promise.all(entries.map(async (entry) => ({ name: entry.name, content: await unpack(bytes, entry) })));
}

/** Creates an archive of uncompressed files. */
export async function writeArchive(files: readonly ArchiveFile[]): Promise<Buffer> {
  const { crc32 } = await import('node:zlib');
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content } of files) {
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(STORED, 4);
    common.writeUInt16LE(FIRST_DAY, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt32LE(ENTRY, 0);
    entry.writeUInt16LE(VERSION, 4);
    common.copy(entry, 6);
    entry.writeUInt32LE(at, 42);
    directory.push(entry, path);
    const head = Buffer.concat([signature(LOCAL), common, path]);
    parts.push(head, content);
    at += head.length + content.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function readDirectory(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(signature(END));
  if (end < Math.max(0, bytes.length - END_BYTES - MAX_COMMENT) || end + END_BYTES > bytes.length) {
    throw invalid('the body is not a ZIP archive, or is truncated');
  }
  const count = bytes.readUInt16LE(end + 10);
  if (count > MAX_FILES) throw invalid(`the ZIP archive has ${count} files, and ${MAX_FILES} are allowed`);
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > end || bytes.readUInt32LE(at) !== ENTRY) throw damaged();
    if (bytes.readUInt16LE(at + 8) & ENCRYPTED) throw invalid('the ZIP archive is encrypted');
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength),
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      unpacked: bytes.readUInt32LE(at + 24),
      at: bytes.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpack(bytes: Buffer, { name, method, packed, unpacked, at }: Entry): Promise<Buffer> {
  if (at + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== LOCAL) throw damaged();
  // The local header may have other extra fields than the central directory.
  const start = at + LOCAL_BYTES + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start + packed > bytes.length) throw damaged();
  const data = bytes.subarray(start, start + packed);
  if (method !== STORED && method !== DEFLATED)
    throw invalid(`the ZIP archive compresses ${name} by the method ${method}, which is not supported`);
  const content = method === STORED ? data : await inflate(data, unpacked);
  if (content.length !== unpacked) throw damaged();
  return content;
}

async function inflate(data: Buffer, size: number): Promise<Buffer> {
  // Loaded with the first compressed body, so that the server starts faster.
  const { inflateRaw } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    // Node treats a limit of 0 as no limit.
    inflateRaw(data, { maxOutputLength: Math.max(1, size) }, (error, content) =>
      error ? reject(damaged()) : resolve(content),
    );
  });
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function damaged(): Error {
  return invalid('the ZIP archive is damaged');
}
