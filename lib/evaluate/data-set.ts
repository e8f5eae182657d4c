import { createReadStream, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FileBytes, IMAGE_INPUT, isZip } from '@modelship/runtime/manifest';
import { FOLDER_LABEL, isPictureFolder } from '../model/picture-folder.js';
import { checkColumnNames } from './column-names.js';
import { csvRecords } from './csv-records.js';
import { EvaluationDataError } from './metrics/compute.js';
import { npzRows } from './npz-rows.js';
import { parquetRows } from './parquet-rows.js';

/** Row of a data set: its values by the name of the column. Values of CSV are text. */
export interface DataRow {
  /** Position in the file, for errors. */
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Relevance of documents for the query that the row is, by their positions in the data set. @default - the row is no query */
  readonly judgments?: ReadonlyMap<number, number>;
}

/**
 * Reads a data set row by row, so that a file may be larger than the memory. A file that starts with `{` has JSON Lines,
 * an object on each line. A file that starts with `PAR1` is Parquet. A ZIP archive has arrays of NumPy, which are read as
 * a whole. Any other file has CSV with the names of the columns in its first line. A folder has a folder of pictures for
 * each class.
 *
 * @throws EvaluationDataError if the file cannot be read, is not UTF-8, has no rows, or a row does not fit the columns
 */
export async function* readDataSet(path: string): AsyncGenerator<DataRow> {
  let hasRows = false;
  for await (const row of isPictureFolder(path) ? pictureRows(path) : fileRows(path)) {
    hasRows = true;
    yield row;
  }
  if (!hasRows) throw new EvaluationDataError(`${path} has no rows. Give a data set with at least one row.`);
}

async function* pictureRows(path: string): AsyncGenerator<DataRow> {
  for (const label of await namesIn(path, true)) {
    for (const name of await namesIn(join(path, label), false)) {
      const place = join(path, label, name);
      yield { place, values: { [IMAGE_INPUT]: resolve(place), [FOLDER_LABEL]: label } };
    }
  }
}

/** Returns the names of the folders or files in a folder, in their order. Hidden ones are left out. */
async function namesIn(path: string, areFolders: boolean): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() === areFolders && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

async function* fileRows(path: string): AsyncGenerator<DataRow> {
  const readBinary = binaryReader(path);
  if (readBinary) {
    let number = 0;
    for await (const values of readBinary(path)) yield { place: `${path}, row ${++number}`, values };
    return;
  }
  const text = textOf(path);
  const first = await text.next();
  if (first.done) throw new EvaluationDataError(`${path} is empty. Give a file with at least one row.`);
  const chunks = prepended(first.value, text);
  yield* first.value.trimStart().startsWith('{') ? jsonRows(path, chunks) : csvRows(path, chunks);
}

/** Returns the reader of a file that is not text. Undefined for text, and for a file that cannot be read. */
function binaryReader(path: string): ((path: string) => AsyncIterable<DataRow['values']>) | undefined {
  try {
    // Reading from a pipe would take its first bytes.
    if (!statSync(path).isFile()) return undefined;
    const file = new FileBytes(path);
    try {
      const start = file.read(0, 5);
      if (isZip(start)) return npzRows;
      // A CSV file may have a column PAR1.
      return /^PAR1(?![\t\n\r -~])/.test(start.toString('latin1')) ? parquetRows : undefined;
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}

async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      if (text !== '') yield text;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new EvaluationDataError(`${path} is not UTF-8. Save it again as UTF-8.`);
    }
    if (code === undefined) throw error;
    throw new EvaluationDataError(
      `${path} cannot be read (${code}). Give a file of CSV, JSON Lines, Parquet or NumPy arrays.`,
    );
  }
}

async function* prepended(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

async function* csvRows(path: string, chunks: AsyncIterable<string>): AsyncGenerator<DataRow> {
  let columns: readonly string[] | undefined;
  let number = 0;
  for await (const record of csvRecords(chunks)) {
    if (!columns) {
      columns = record;
      checkColumnNames(path, columns);
      continue;
    }
    const place = `${path}, row ${++number}`;
    if (record.length !== columns.length) {
      throw new EvaluationDataError(
        `${place} has ${record.length} fields, and the first line names ${columns.length} columns.`,
      );
    }
    const entries = columns.map((name, index) => [name, record[index]] as const);
    yield { place, values: Object.fromEntries(entries) };
  }
}

async function* jsonRows(path: string, chunks: AsyncIterable<string>): AsyncGenerator<DataRow> {
  let number = 0;
  for await (const line of linesOf(chunks)) {
    const place = `${path}, line ${++number}`;
    if (line.trim() === '') continue;
    let values: unknown;
    try {
      values = JSON.parse(line);
    } catch (error) {
      throw new EvaluationDataError(`${place} is not JSON (${(error as Error).message}).`);
    }
    if (values === null || typeof values !== 'object' || Array.isArray(values)) {
      throw new EvaluationDataError(`${place} must be an object of values by column, such as {"width": 1.5}.`);
    }
    yield { place, values: values as DataRow['values'] };
  }
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}
