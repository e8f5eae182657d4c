import * as zlib from 'node:zlib';
import type { FileMetaData, SchemaTree } from 'hyparquet';
import { checkColumnNames } from './column-names.js';
import { EvaluationDataError } from './metrics/compute.js';

/** Values of a row by the name of the column. */
export type ParquetRow = Readonly<Record<string, unknown>>;

/** Function of Node that decompresses bytes. */
type Decompress = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/** Returns a function that decompresses a page to the size that its header names, and to no more. */
function ofPages(decompress: Decompress): (page: Uint8Array, size: number) => Uint8Array {
  return (page, size) => decompress(page, { maxOutputLength: Math.max(1, size) });
}

/** Codecs by Node, beside Snappy, which the reader itself has. Only Node 22.15 and newer have zstd. */
const DECOMPRESSORS = {
  GZIP: ofPages(zlib.gunzipSync),
  BROTLI: ofPages(zlib.brotliDecompressSync),
  ...('zstdDecompressSync' in zlib && { ZSTD: ofPages(zlib.zstdDecompressSync) }),
};

const CODECS: readonly string[] = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(DECOMPRESSORS)];

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Conversions to values that JSON has. Dates and times are ISO 8601, in UTC. */
const PARSERS = {
  timestampFromMilliseconds: (time: bigint) => timeText(time, 3),
  timestampFromMicroseconds: (time: bigint) => timeText(time, 6),
  timestampFromNanoseconds: (time: bigint) => timeText(time, 9),
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  stringFromBytes: (bytes: Uint8Array) => strictUtf8.decode(bytes),
};

/**
 * Reads the rows of a Parquet file. Only one row group is in memory at a time.
 *
 * @throws EvaluationDataError if the file is damaged or compressed by a codec that Node does not have, or if two columns
 * have one name
 */
export async function* parquetRows(path: string): AsyncGenerator<ParquetRow> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } = await import('hyparquet');
  const scan = await readAs(path, async () => {
    const file = await asyncBufferFromFile(path);
    // Statistics may have shortened texts, which the parsers would reject.
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    return parquetScan({ file, metadata, compressors: DECOMPRESSORS, parsers: PARSERS });
  });
  const { metadata, ranges } = scan;
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns) if (column) checkCodec(path, column);
  }
  const schema = parquetSchema(metadata);
  const names = schema.children.map(({ element }) => element.name);
  checkColumnNames(path, names);
  checkChunks(path, metadata, schema);
  for (const { rowStart, rowEnd } of ranges) {
    const rows = rowEnd - rowStart;
    const columns: unknown[][] = [];
    for (const column of names) {
      const subject = `${path}, column ${column},`;
      const values = await readAs(subject, async () =>
        Array.from(await scan.readColumn({ column, rowStart, rowEnd }), (value) => jsonValue(value)),
      );
      if (values.length !== rows) throw unreadable(subject, `${values.length} of ${rows} rows`);
      columns.push(values);
    }
    for (let row = 0; row < rows; row++) {
      yield Object.fromEntries(names.map((name, index) => [name, columns[index]![row]]));
    }
  }
}

/** Runs a part of the reading, whose failures are those of the file. */
async function readAs<T>(subject: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadable(subject, (error as Error).message);
  }
}

function unreadable(subject: string, cause: string): EvaluationDataError {
  return new EvaluationDataError(`${subject} cannot be read as Parquet (${cause}). Write the file again.`);
}

/**
 * Checks that each row group has the columns of the schema, in their order, as the format requires. The library starts to
 * decode all parts of a nested column before it looks for each in the schema. If it does not find one, nothing awaits the
 * others, and another damage in one of these would end the process.
 */
function checkChunks(path: string, { row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  const expected = JSON.stringify(leafPaths(schema));
  const at = groups.findIndex(
    ({ columns }) => JSON.stringify(columns.map((column) => column.meta_data?.path_in_schema)) !== expected,
  );
  if (at >= 0) throw unreadable(path, `row group ${at + 1} has other columns than the schema`);
}

function leafPaths({ children }: SchemaTree): string[][] {
  return children.flatMap((child) => (child.children.length > 0 ? leafPaths(child) : [child.path]));
}

function checkCodec(
  path: string,
  column: { readonly codec: string; readonly path_in_schema: readonly string[] },
): void {
  if (CODECS.includes(column.codec)) return;
  const newer = column.codec === 'ZSTD' ? ', or use Node 22.15 or newer' : '';
  throw new EvaluationDataError(
    `${path} has the column ${column.path_in_schema.join('.')} in the codec ${column.codec}, which Node ` +
      `${process.versions.node} does not have. Write the file with compression by Snappy, gzip or Brotli${newer}.`,
  );
}

/** Returns a value as a line of JSON would have it. Only integers above 2^53 stay `BigInt`. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(jsonValue);
  // Columns of bytes with a fixed length have no parser.
  if (value instanceof Uint8Array) return strictUtf8.decode(value);
  if (value === null || typeof value !== 'object') return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonValue(each)]));
}

/** Returns a time since 1970 in ISO 8601. `digits` is the number of decimal places of its seconds: 3, 6 or 9. */
function timeText(time: bigint, digits: number): string {
  const perMillisecond = 10n ** BigInt(digits - 3);
  const rest = ((time % perMillisecond) + perMillisecond) % perMillisecond;
  const milliseconds = new Date(Number((time - rest) / perMillisecond)).toISOString();
  return rest === 0n ? milliseconds : milliseconds.replace('Z', `${String(rest).padStart(digits - 3, '0')}Z`);
}
