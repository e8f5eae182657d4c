import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Bytes, FileBytes } from '../manifest/file-bytes.js';
import { compressionOf, isTorchFile, isZip } from '../manifest/format.js';
import { type ModelFormat, PICKLE_FORMATS } from '../manifest/schema.js';
import { DEFLATED, readZipEntry, type ZipEntry, zipContentOffset, zipEntries } from '../manifest/zip.js';
import { ByteStream, UnreadablePickle } from './byte-stream.js';
import { forbidsCallsOfResult, isHostile, isKnown } from './known-imports.js';
import { nameOf, type PickleListener, type PickleOptions, readPickle } from './machine.js';
import { type CallValue, callOf, type Import, isImport, originOf } from './values.js';

/** What was found in a pickle. */
export interface PickleFinding {
  /** Name of the file, followed by the one in it if it is an archive, such as `model.pt/net/data.pkl`. */
  readonly file: string;
  /** Import such as `features.Scaler`, or what the file does, as a sentence without its subject. */
  readonly detail: string;
}

/** What the pickles of a model would import and do. */
export interface PickleScan {
  /** Imports that saved models of known frameworks do not have. Such an import may run any code. */
  readonly unknown: readonly PickleFinding[];
  /** What only hostile files do. */
  readonly hostile: readonly PickleFinding[];
  /** Where the pickles end too early or are none. What is behind cannot be known. */
  readonly damaged: readonly PickleFinding[];
}

/** Reads the pickles in a saved model without importing or calling anything. Other formats have no findings. */
export async function scanPickles(path: string, format: ModelFormat): Promise<PickleScan> {
  const scanner = new Scanner();
  if (!PICKLE_FORMATS.includes(format)) return scanner;
  const file = new FileBytes(path);
  try {
    if (format === 'pickle') await scanner.pickle(basename(path), file);
    else await scanner.torchFile(basename(path), file, format);
    return { unknown: distinct(scanner.unknown), hostile: distinct(scanner.hostile), damaged: scanner.damaged };
  } finally {
    file.close();
  }
}

/** Bytes that are read at once. */
const PART_BYTES = 2 ** 20;

/** Number of pickles in the older format of `torch.save`: magic number, version, system, object and names of storages. */
const OLD_TORCH_PICKLES = 5;

/** Maximum depth of files of PyTorch in such files. */
const MAX_DEPTH = 8;

/** Maximum size of an index of an ExportedProgram, and of a file of PyTorch in another file. */
const MAX_INDEX_BYTES = 2 ** 28;
const MAX_NESTED_BYTES = 2 ** 31;

/** Files of an ExportedProgram that are pickles by their name. */
const PICKLED_OBJECT = /\/(custom|opaque)_obj[^/]*$/;

class Scanner implements PickleScan {
  readonly unknown: PickleFinding[] = [];
  readonly hostile: PickleFinding[] = [];
  readonly damaged: PickleFinding[] = [];

  /** Reads a file that joblib or pickle wrote. */
  async pickle(file: string, bytes: Bytes): Promise<void> {
    await this.readable(file, async () => this.pickles(file, decompressed(bytes), { hasArrays: true }));
  }

  /**
   * Reads a file that `torch.save` or `torch.export.save` wrote.
   *
   * @param depth number of files of PyTorch that contain it
   */
  async torchFile(file: string, bytes: Bytes, format: ModelFormat = 'torch_pickle', depth = 0): Promise<void> {
    if (depth > MAX_DEPTH) return this.found(file, `has files of PyTorch more than ${MAX_DEPTH} levels deep`);
    await this.readable(file, async () => {
      if (isZip(bytes.read(0, 4))) await this.archive(file, bytes, format, depth);
      else if (isTar(bytes.read(0, TAR_HEADER_BYTES))) throw new UnreadablePickle('is a TAR archive');
      else await this.pickles(file, partsOf(bytes), { hasStorages: true }, OLD_TORCH_PICKLES, depth);
    });
  }

  private async archive(file: string, bytes: Bytes, format: ModelFormat, depth: number): Promise<void> {
    const entries = zipEntries(bytes);
    if (!entries) throw new UnreadablePickle('is a ZIP archive without a directory');
    const seen = new Set<string>();
    const weights = format === 'exported_program' ? pickledPaths(bytes, entries) : undefined;
    let hasPickle = false;
    for (const entry of entries) {
      const inner = `${file}/${entry.name}`;
      // PyTorch finds a file whose name differs by case.
      const name = entry.name.toLowerCase();
      if (seen.has(name)) this.found(file, `has two files with the name ${entry.name}`);
      seen.add(name);
      if (name.endsWith('.pkl') || PICKLED_OBJECT.test(name)) {
        hasPickle = true;
        const pickles = async () =>
          this.pickles(inner, partsOf(contentOf(bytes, entry)), { hasStorages: true }, undefined, depth);
        await this.readable(inner, pickles);
      } else if (weights) {
        const content = contentOf(bytes, entry);
        const isLoaded = weights.has(basename(name)) || name.endsWith('.pt');
        if (isLoaded || isTorchFile(content.read(0, 16))) {
          await this.torchFile(inner, content, 'torch_pickle', depth + 1);
        }
      }
    }
    if (format === 'torch_pickle' && !hasPickle) throw new UnreadablePickle('is a ZIP archive that has no pickle');
  }

  /** Reads pickles that follow each other: the given number of them, or all of the stream. */
  private async pickles(
    file: string,
    parts: AsyncIterable<Buffer>,
    options: PickleOptions,
    count = Number.POSITIVE_INFINITY,
    depth = 0,
  ): Promise<void> {
    const stream = new ByteStream(parts);
    const listener: PickleListener = {
      onImport: (imported) => this.imported(file, imported),
      onCall: (call) => this.called(file, call, depth),
      onHostile: (fault) => this.found(file, fault),
    };
    do await readPickle(stream, listener, options);
    while (--count > 0 && (await stream.fill(1)));
  }

  private imported(file: string, imported: Import): void {
    if (isHostile(imported)) this.found(file, `imports ${nameOf(imported)}, which no saved model needs`);
    else if (!isKnown(imported)) this.unknown.push({ file, detail: nameOf(imported) });
  }

  private called(file: string, { callee, args }: CallValue, depth: number): Promise<void> | undefined {
    if (callee.kind !== 'import') {
      const origin = originOf(callee);
      if (!origin) this.found(file, 'calls a value that it computes');
      else if (forbidsCallsOfResult(origin)) this.found(file, `calls what ${nameOf(origin)} returns`);
      return undefined;
    }
    const [first, , inner] = args.items;
    if (isImport(callee, 'torch._tensor', '_rebuild_from_type_v2')) {
      // It calls its first argument with its third.
      const isRead = first && inner?.kind === 'tuple';
      if (isRead) return this.called(file, callOf(first, inner), depth);
      this.found(file, 'calls with arguments that it computes');
    } else if (isImport(callee, 'torch.storage', '_load_from_bytes')) {
      if (first?.kind === 'bytes' && first.content) {
        return this.torchFile(file, new BufferBytes(first.content), 'torch_pickle', depth + 1);
      }
      this.found(file, 'loads bytes that are not a file of PyTorch');
    }
    return undefined;
  }

  private async readable(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Of zlib, of a ZIP archive whose offsets lead out of it, or of more content than fits in memory.
      const isDamaged = /^(Z_|ERR_(BUFFER_TOO_LARGE|STRING_TOO_LONG|OUT_OF_RANGE|BUFFER_OUT_OF_BOUNDS))/.test(
        String((error as { readonly code?: unknown }).code),
      );
      if (!isDamaged && !(error instanceof UnreadablePickle)) throw error;
      this.damaged.push({ file, detail: (error as Error).message });
    }
  }

  private found(file: string, detail: string): void {
    this.hostile.push({ file, detail });
  }
}

class BufferBytes implements Bytes {
  constructor(private readonly bytes: Buffer) {}

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, length: number): Buffer {
    return this.bytes.subarray(offset, offset + length);
  }
}

/** Part of other bytes. */
class RangeBytes implements Bytes {
  constructor(
    private readonly bytes: Bytes,
    private readonly start: number,
    readonly size: number,
  ) {}

  read(offset: number, length: number): Buffer {
    return this.bytes.read(this.start + offset, Math.max(0, Math.min(length, this.size - offset)));
  }
}

function contentOf(bytes: Bytes, entry: ZipEntry): Bytes {
  if (entry.method === DEFLATED) return new BufferBytes(readZipEntry(bytes, entry, MAX_NESTED_BYTES));
  return new RangeBytes(bytes, zipContentOffset(bytes, entry), entry.size);
}

/** Returns the content of a file that joblib may have compressed. */
function decompressed(bytes: Bytes): AsyncIterable<Buffer> {
  const head = bytes.read(0, 2);
  // Also the start of a pickle, as which joblib does not read it.
  if (head.toString('latin1') === 'BZ') throw new UnreadablePickle('is compressed by bzip2');
  const compression = compressionOf(head);
  if (!compression) return partsOf(bytes);
  // Loaded on demand, because servers without pickles start without it.
  const { createGunzip, createInflate } = process.getBuiltinModule('node:zlib');
  const { Readable } = process.getBuiltinModule('node:stream');
  return Readable.from(partsOf(bytes)).pipe(compression === 'gzip' ? createGunzip() : createInflate());
}

const TAR_HEADER_BYTES = 512;

/** Where the header has the sum. */
const CHECKSUM = [148, 156] as const;

/**
 * Whether PyTorch reads a file as a TAR archive, which it tries first: the header contains the sum of its own bytes, with or
 * without signs, as https://github.com/python/cpython/blob/v3.14.0/Lib/tarfile.py parses it.
 */
function isTar(header: Buffer): boolean {
  if (header.length < TAR_HEADER_BYTES) return false;
  const others = Buffer.concat([header.subarray(0, CHECKSUM[0]), Buffer.alloc(8, ' '), header.subarray(CHECKSUM[1])]);
  const sum = tarNumber(header.subarray(...CHECKSUM));
  const unsigned = others.reduce((total, byte) => total + byte, 0);
  return sum === unsigned || sum === new Int8Array(others).reduce((total, byte) => total + byte, 0);
}

/** Returns a number of a TAR header, which is binary, or octal as Python parses text, or undefined if it is neither. */
function tarNumber(field: Buffer): number | undefined {
  if (field[0] === 0o200) return Number(field.readBigUInt64BE() & 0xff_ffff_ffff_ffffn);
  if (field[0] === 0o377) return Number(field.readBigInt64BE());
  const text = field.toString('latin1').split('\0', 1)[0]!.trim();
  const [, sign, digits] = /^([+-]?)(?:0o_?)?([0-7]+(?:_[0-7]+)*)$/i.exec(text || '0') ?? [];
  if (digits === undefined) return undefined;
  const number = Number.parseInt(digits.replaceAll('_', ''), 8);
  return sign === '-' ? -number : number;
}

async function* partsOf(bytes: Bytes): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.size; offset += PART_BYTES) {
    // Reading a part and its opcodes waits for nothing else, so that a large file would stop all other callers.
    await setImmediate();
    yield bytes.read(offset, PART_BYTES);
  }
}

/** Entry of a file in the index of an ExportedProgram. */
interface PayloadIndex {
  readonly use_pickle?: unknown;
  readonly path_name?: unknown;
}

/** Returns the names, in lower case, of the files that the indexes of an ExportedProgram mark as pickled. */
function pickledPaths(bytes: Bytes, entries: readonly ZipEntry[]): Set<string> {
  const pickled = new Set<string>();
  for (const entry of entries.filter(({ name }) => name.toLowerCase().endsWith('.json'))) {
    try {
      JSON.parse(readZipEntry(bytes, entry, MAX_INDEX_BYTES).toString(), (_key, value: PayloadIndex | null) => {
        if (value?.use_pickle && typeof value.path_name === 'string') {
          pickled.add(basename(value.path_name).toLowerCase());
        }
        return value;
      });
    } catch (error) {
      throw new UnreadablePickle(`has an index ${entry.name} that is not JSON: ${(error as Error).message}`);
    }
  }
  return pickled;
}

function distinct(findings: readonly PickleFinding[]): PickleFinding[] {
  return [...new Map(findings.map((each) => [`${each.file}\0${each.detail}`, each])).values()];
}
