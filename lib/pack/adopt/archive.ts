import { createReadStream, createWriteStream, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import {
  DEFLATED,
  decompressedStart,
  FileBytes,
  isZip,
  ModelPackageError,
  type ZipEntry,
  zipContentOffset,
  zipEntries,
} from '@modelship/runtime/manifest';
import { extract, Parser, type ReadEntry } from 'tar';

/** Maximum number of files and folders in an archive. */
const MAX_ENTRIES = 10_000;

/**
 * Maximum bytes of all files, for each byte of the archive and beyond an allowance for small ones. Weights hardly
 * compress, and an archive of zeros, made to fill a disk, unpacks to a thousand times its size.
 */
const MAX_RATIO = 100;
const ALLOWANCE_BYTES = 64 * 1024 * 1024;

const STORED = 0;

/** Type bits in the mode of a file on Unix, and the types of files and folders. Archives made elsewhere have none. */
const TYPE_BITS = 0o170000;
const PLAIN_TYPES: readonly number[] = [0, 0o100000, 0o040000];

/** Types of tar entries that are files and folders. */
const PLAIN_ENTRIES: readonly string[] = ['File', 'OldFile', 'Directory'];

/** Kind of an archive. */
export type ArchiveKind = 'zip' | 'tar';

/** Detects an archive by its content. Returns undefined for other files. */
export function archiveKind(path: string): ArchiveKind | undefined {
  const file = new FileBytes(path);
  const head = file.read(0, 4096);
  file.close();
  if (isZip(head)) return 'zip';
  return isTar(head) || isTar(decompressedStart(head)) ? 'tar' : undefined;
}

/** Whether bytes start with the header of a tar archive of POSIX, GNU or Python. */
function isTar(head: Buffer): boolean {
  return head.toString('latin1', 257, 262) === 'ustar';
}

/** Returns the names of the entries of a ZIP archive, or none if its directory is missing. */
export function zipNames(path: string): readonly string[] {
  const file = new FileBytes(path);
  try {
    return (zipEntries(file) ?? []).map(({ name }) => name);
  } finally {
    file.close();
  }
}

/**
 * Unpacks an archive from an unknown origin into `folder`, after all of its entries were checked.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` listing paths that lead out of the folder, links, duplicates and encrypted
 * files, or if the archive is damaged or would fill the disk
 */
export async function unpackArchive(path: string, kind: ArchiveKind, folder: string): Promise<void> {
  await (kind === 'zip' ? unpackZip(path, folder) : unpackTar(path, folder));
}

/** Maximum number of faults that an error lists. */
const MAX_FAULTS = 10;

/** Checks the entries of an archive one after the other. */
class EntryCheck {
  private readonly faults: string[] = [];
  private readonly paths = new Set<string>();
  private readonly maxBytes: number;
  private entries = 0;
  private bytes = 0;

  constructor(private readonly path: string) {
    this.maxBytes = ALLOWANCE_BYTES + MAX_RATIO * statSync(path).size;
  }

  /**
   * Checks an entry.
   *
   * @throws ModelPackageError if the archive has so many entries or bytes that it must not be read further
   */
  add(name: string, bytes: number, isPlain: boolean): void {
    const shown = JSON.stringify(name.slice(0, 200));
    const parts = name.replaceAll('\\', '/').replace(/\/$/, '').split('/');
    const kept = parts.filter((part) => part !== '.');
    // Some file systems ignore case, so that one file would replace the other.
    const key = kept.join('/').normalize('NFC').toLowerCase();
    const leadsOut = parts[0] === '' || /^[a-z]:/i.test(name) || kept.includes('..') || name.includes('\0');
    if (leadsOut) this.fault(`${shown} leads out of the folder`);
    else if (!isPlain) this.fault(`${shown} is a link, a device or encrypted`);
    else if (this.paths.has(key) && key !== '') this.fault(`${shown} occurs twice`);
    this.paths.add(key);
    this.entries++;
    this.bytes += bytes;
    if (this.entries > MAX_ENTRIES) throw invalid(this.path, `it has more than ${MAX_ENTRIES} files`);
    if (this.bytes > this.maxBytes) {
      throw invalid(
        this.path,
        `its files have more than ${this.maxBytes} bytes, ${MAX_RATIO} times its size, which is the limit`,
      );
    }
  }

  fault(what: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(what);
  }

  /** @throws ModelPackageError listing the first faults */
  finish(): void {
    if (this.faults.length > 0) throw invalid(this.path, this.faults.join('; '));
  }
}

async function unpackZip(path: string, folder: string): Promise<void> {
  const file = new FileBytes(path);
  try {
    const entries = zipEntries(file);
    if (!entries) throw damaged(path, 'its directory is missing');
    const check = new EntryCheck(path);
    for (const entry of entries) {
      check.add(entry.name, entry.unpacked, PLAIN_TYPES.includes(entry.mode & TYPE_BITS) && !entry.isEncrypted);
      if (entry.method !== STORED && entry.method !== DEFLATED) {
        check.fault(`${JSON.stringify(entry.name)} is compressed by the method ${entry.method}`);
      }
    }
    check.finish();
    for (const entry of entries) {
      const target = join(folder, entry.name);
      if (entry.name.endsWith('/')) mkdirSync(target, { recursive: true });
      else await unpackEntry(path, file, entry, target);
    }
  } finally {
    file.close();
  }
}

async function unpackEntry(path: string, file: FileBytes, entry: ZipEntry, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  let size = 0;
  let sum = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      sum = crc32(chunk, sum);
      done(size > entry.unpacked ? new Error('it is larger than its directory says') : undefined, chunk);
    },
  });
  try {
    const start = zipContentOffset(file, entry);
    const packed =
      entry.size === 0 ? Readable.from([]) : createReadStream(path, { start, end: start + entry.size - 1 });
    const steps = entry.method === DEFLATED && entry.size > 0 ? [createInflateRaw(), checked] : [checked];
    await pipeline([packed, ...steps, createWriteStream(target, { flags: 'wx' })]);
  } catch (error) {
    throw damaged(path, `${entry.name}: ${(error as Error).message}`);
  }
  if (size !== entry.unpacked || sum !== entry.crc32) throw damaged(path, `${entry.name} has another checksum`);
}

async function unpackTar(path: string, folder: string): Promise<void> {
  const check = new EntryCheck(path);
  const source = createReadStream(path);
  let fatal: unknown;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      try {
        check.add(entry.path, entry.size, PLAIN_ENTRIES.includes(entry.type));
        entry.resume();
      } catch (error) {
        // Nothing after a fault that ends the check is read.
        fatal ??= error;
        source.destroy(error as Error);
      }
    },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      source.on('error', reject).on('data', (chunk) => parser.write(chunk as Buffer));
      source.on('end', () => parser.end());
      parser.on('end', resolve).on('error', reject);
    });
    check.finish();
    await extract({ file: path, cwd: folder, strict: true, preserveOwner: false });
  } catch (error) {
    const cause = fatal ?? error;
    if (cause instanceof ModelPackageError) throw cause;
    throw damaged(path, (cause as Error).message);
  }
}

function invalid(path: string, what: string): ModelPackageError {
  return new ModelPackageError(
    'ARTIFACT_INVALID',
    `${path} is an archive that is not unpacked: ${what}. If you trust it, unpack it yourself, and give the folder.`,
  );
}

function damaged(path: string, what: string): ModelPackageError {
  return new ModelPackageError('ARTIFACT_INVALID', `${path} is a damaged archive: ${what}. Copy or save it again.`);
}
