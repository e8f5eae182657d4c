import { isUtf8 } from 'node:buffer';
import { columnsOf, inputsFromColumns } from './columns.js';
import { allocate, type Datatype, type TensorData } from './datatype.js';
import { invalid } from './errors.js';
import { shortFloatOf } from './float16.js';
import {
  CARRIAGE_RETURN,
  COMMA,
  LINE_FEED,
  LOWER_E,
  MINUS,
  NINE,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
  ZERO,
} from './json/ascii.js';
import { JsonWriter } from './json/index.js';
import { nearestNumber } from './json/nearest.js';
import { MISSING_TEXT, missingColumn } from './missing.js';
import { checkObjects } from './object-limit.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from './tensor.js';

const NON_FINITE = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
]);
const TRUTHS = new Map([
  ['true', 1],
  ['1', 1],
  ['false', 0],
  ['0', 0],
]);

/** Byte order mark that some editors write at the start of a file. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** Initial capacity of a column in values. */
const FIRST_ROOM = 64;

/** Maximum number of characters of a cell that a message quotes. */
const QUOTED = 40;

/** Whether the first line names the columns. */
export type CsvHeader = 'present' | 'absent';

/**
 * Parses the inputs of a signature from comma-separated values, one row per line, quoted according to RFC 4180.
 *
 * A model with one input takes all values of a line. A model with several inputs of one value per row takes one column
 * for each. A first line with column names of the model is a header, and columns are matched by name. Without a header
 * they are in the model's order. Other columns are ignored. An empty cell is a missing value.
 *
 * @param header whether there is a header. @default - it is detected by the names of the columns
 * @throws InferenceError `INVALID_ARGUMENT` naming line and column
 */
export function tensorsFromCsv(signature: Signature, bytes: Buffer, header?: CsvHeader): Tensor[] {
  const reader = new CsvReader(bytes);
  const columns = columnsOf(signature);
  const [only, ...others] = signature.inputs as [TensorSpec, ...TensorSpec[]];
  const names = columns && header !== 'absent' ? reader.headerOf(columns, header === 'present') : undefined;
  if (!columns && header === 'present') reader.skipLine();
  if (others.length === 0 && !names) return [readAll(reader, only)];
  if (!columns) {
    const list = signature.inputs.map(({ name, shape }) => `${name} [${shape}]`).join(', ');
    throw invalid(`CSV carries one value for each input and row, the model takes ${list}: send JSON`);
  }
  if (!names && !signature.ordered) {
    throw invalid(`the CSV needs a first line that names its columns: ${columns.map(({ name }) => name).join(', ')}`);
  }
  return inputsFromColumns(signature, readColumns(reader, columns, names));
}

/**
 * Writes the rows of tensors as CSV lines. The values of several tensors are side by side.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the tensors have no rows, or different numbers of rows
 */
export function csvFromTensors(tensors: readonly Tensor[]): Buffer | string {
  const size = tensors[0]?.shape[0];
  const other = tensors.find(({ shape }) => shape[0] === undefined || shape[0] !== size);
  if (size === undefined || other)
    throw invalid(`output ${other?.name} has shape [${other?.shape}], CSV needs the same rows of all`);
  const writer = new JsonWriter();
  const widths = tensors.map(({ shape }) => elementCount(shape.slice(1)));
  for (let row = 0; row < size; row++) {
    let isFirst = true;
    for (let place = 0; place < tensors.length; place++) {
      const width = widths[place]!;
      for (let index = row * width; index < (row + 1) * width; index++) {
        if (!isFirst) writer.raw(',');
        isFirst = false;
        writeCell(writer, tensors[place]!, index);
      }
    }
    writer.raw('\n');
  }
  return writer.finish();
}

/** Reads all cells into the only input. All lines must have the same number of cells, but any number is allowed. */
function readAll(reader: CsvReader, spec: TensorSpec): Tensor {
  const column = new Column(spec);
  let rows = 0;
  let width = 0;
  while (reader.nextLine()) {
    const before = column.count;
    do column.take(reader);
    while (reader.nextCell());
    rows++;
    if (rows === 1) width = column.count;
    if (column.count - before !== width) throw widthError(reader, column.count - before, width);
  }
  if (width === 0) throw invalid('the CSV is empty');
  return column.tensor(shapeOf(spec, rows, width));
}

/** Reads each column of a table. `names` identifies the cells of a line. Without it they are in column order. */
function readColumns(reader: CsvReader, specs: readonly TensorSpec[], names: readonly string[] | undefined): Tensor[] {
  const columns = specs.map((spec) => new Column(spec));
  const byName = new Map(columns.map((column) => [column.spec.name, column]));
  let cells = names?.map((name) => byName.get(name));
  let rows = 0;
  while (reader.nextLine()) {
    // Only the first line shows whether the data includes the columns that the model ignores.
    cells ??= columnsByPlace(columns, reader);
    let place = 0;
    do {
      const column = cells[place++];
      if (column && !column.spec.unused) column.take(reader);
    } while (reader.nextCell());
    if (place !== cells.length) throw widthError(reader, place, cells.length);
    rows++;
  }
  if (rows === 0) throw invalid('the CSV is empty');
  const given = new Set(cells);
  return columns.map((column) => {
    if (!column.spec.unused && !given.has(column)) throw invalid(`CSV: the column ${column.spec.name} is missing`);
    return column.spec.unused ? missingColumn(column.spec, rows) : column.tensor([rows]);
  });
}

function columnsByPlace(columns: readonly Column[], reader: CsvReader): Column[] {
  const width = reader.countCells();
  const used = columns.filter(({ spec }) => !spec.unused);
  if (width === columns.length) return [...columns];
  if (width === used.length) return used;
  const names = columns.map(({ spec }) => (spec.unused ? `${spec.name} (may be left out)` : spec.name));
  throw invalid(`CSV line ${reader.line}: got ${width} values, the model takes ${names.join(', ')}`);
}

function widthError(reader: CsvReader, got: number, width: number): Error {
  return invalid(`CSV line ${reader.line}: got ${got} values, the first line has ${width}`);
}

/**
 * Returns the shape of the rows. Lines of one value may feed a one-dimensional input; longer lines are items of any
 * shape.
 */
function shapeOf(spec: TensorSpec, rows: number, width: number): readonly number[] {
  const [, ...item] = spec.shape;
  if (item.length === 0 && width === 1) return [rows];
  if (item.length > 1 && !item.includes(-1) && elementCount(item) === width) return [rows, ...item];
  return [rows, width];
}

/** Collects cells in the typed array of one input. */
class Column {
  count = 0;
  private data: TensorData;
  private readonly isFloat: boolean;
  private readonly isSingle: boolean;

  constructor(readonly spec: TensorSpec) {
    this.data = allocate(spec.datatype, 0);
    this.isFloat = spec.datatype === 'FP32' || spec.datatype === 'FP64';
    this.isSingle = spec.datatype === 'FP32';
  }

  /** Reads the current cell of `reader` into the column. */
  take(reader: CsvReader): void {
    const { datatype } = this.spec;
    if (datatype === 'BYTES') reader.countObject();
    else if (this.count === this.data.length) this.grow();
    if (this.isFloat && reader.number(this.isSingle)) {
      (this.data as Float64Array)[this.count++] = reader.value;
      return;
    }
    (this.data as unknown[])[this.count++] = this.element(reader);
  }

  tensor(shape: readonly number[]): Tensor {
    const { data, count } = this;
    const { name, datatype } = this.spec;
    return { name, datatype, shape, data: Array.isArray(data) ? data : data.subarray(0, count) };
  }

  private element(reader: CsvReader): number | bigint | Buffer {
    const { datatype, tabular } = this.spec;
    if (datatype === 'BYTES') return tabular && reader.isMissing() ? MISSING_TEXT : reader.bytes();
    const shortFloat = shortFloatOf(datatype);
    if (shortFloat && reader.number(false)) return shortFloat.fromNumber(reader.value);
    const isMissing = reader.isMissing();
    const text = reader.text();
    const value = isMissing ? undefined : parse(datatype, text, tabular ?? false);
    if (value !== undefined) return value;
    if (isMissing && (this.isFloat || shortFloat)) return shortFloat ? shortFloat.fromNumber(Number.NaN) : Number.NaN;
    throw reader.cellError(datatype, text, isMissing);
  }

  private grow(): void {
    const larger = allocate(this.spec.datatype, Math.max(FIRST_ROOM, 2 * this.data.length)) as Float64Array;
    larger.set(this.data as Float64Array);
    this.data = larger;
  }
}

/** Reads cells sequentially from bytes, and parses numbers without creating strings. */
class CsvReader {
  /** The last number that was read. */
  value = 0;
  /** Line number of the cell, from 1, including blank lines. */
  line = 1;
  private position: number;
  private cell = 0;
  private isCellRead = true;
  private objects = 0;

  constructor(private readonly body: Buffer) {
    this.position = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  }

  /** Moves to the first cell of the next line that is not blank. @returns false at the end */
  nextLine(): boolean {
    const { body } = this;
    let byte = body[this.position];
    while (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      if (byte === LINE_FEED || body[this.position + 1] !== LINE_FEED) this.line++;
      byte = body[++this.position];
    }
    if (byte === undefined) return false;
    this.cell = 0;
    this.isCellRead = false;
    return true;
  }

  /**
   * Moves to the next cell of the line, skipping the current one if it was not read.
   *
   * @returns false at the end of the line
   */
  nextCell(): boolean {
    if (!this.isCellRead) this.skipCell();
    if (this.body[this.position] !== COMMA) return false;
    this.position++;
    this.cell++;
    this.isCellRead = false;
    return true;
  }

  /**
   * Counts a cell that becomes a separate object.
   *
   * @throws InferenceError `INVALID_ARGUMENT` if there are too many for the size of the body
   */
  countObject(): void {
    checkObjects(++this.objects, this.body.length);
  }

  /** Reads the cell into `value` if it is a decimal number. @returns false, without reading it, if it is not */
  number(single: boolean): boolean {
    const { body } = this;
    let position = this.position;
    let byte = body[position] as number;
    while (byte === SPACE || byte === TAB) byte = body[++position] as number;
    const negative = byte === MINUS;
    if (negative || byte === PLUS) byte = body[++position] as number;
    const start = position;
    let digits = 0;
    let exponent = 0;
    let count = 0;
    while (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + (byte - ZERO);
      count++;
      byte = body[++position] as number;
    }
    if (byte === POINT) {
      byte = body[++position] as number;
      const pointAt = position;
      while (byte >= ZERO && byte <= NINE) {
        digits = digits * 10 + (byte - ZERO);
        byte = body[++position] as number;
      }
      exponent = pointAt - position;
      count -= exponent;
    }
    if (count === 0) return false;
    if (byte === LOWER_E || byte === UPPER_E) {
      byte = body[++position] as number;
      const negativeExponent = byte === MINUS;
      if (negativeExponent || byte === PLUS) byte = body[++position] as number;
      if (!(byte >= ZERO && byte <= NINE)) return false;
      let written = 0;
      do {
        // A larger exponent always gives 0 or infinity, and further digits must not overflow.
        if (written < 100_000) written = written * 10 + (byte - ZERO);
        byte = body[++position] as number;
      } while (byte >= ZERO && byte <= NINE);
      exponent += negativeExponent ? -written : written;
    }
    const end = position;
    while (byte === SPACE || byte === TAB) byte = body[++position] as number;
    if (!(byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === undefined)) return false;
    const value = nearestNumber(digits, exponent, single, body, start, end);
    this.value = negative ? -value : value;
    this.position = position;
    this.isCellRead = true;
    return true;
  }

  /** Whether the cell is empty. A quoted empty string is not. */
  isMissing(): boolean {
    const { body } = this;
    let { position } = this;
    while (body[position] === SPACE || body[position] === TAB) position++;
    const byte = body[position];
    if (!(byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === undefined)) return false;
    this.position = position;
    this.isCellRead = true;
    return true;
  }

  /** Reads the cell as UTF-8 bytes. They are a view of the body unless the cell contains doubled quotes. */
  bytes(): Buffer {
    const { body, position } = this;
    let bytes: Buffer;
    if (body[position] === QUOTE) {
      this.skipCell();
      bytes = body.subarray(position + 1, this.position - 1);
      if (bytes.includes(QUOTE)) bytes = Buffer.from(bytes.toString('latin1').replaceAll('""', '"'), 'latin1');
    } else {
      this.skipCell();
      bytes = trimmed(body.subarray(position, this.position));
    }
    if (!isUtf8(bytes)) throw invalid(`CSV line ${this.line}, column ${this.cell + 1}: the bytes are not UTF-8`);
    return bytes;
  }

  /** Reads the cell as text. Returns an empty string if the cell is missing. */
  text(): string {
    return this.isCellRead ? '' : this.bytes().toString('utf8');
  }

  /** Counts the cells of the line without reading them. */
  countCells(): number {
    const { position, cell, isCellRead } = this;
    let count = 1;
    while (this.nextCell()) count++;
    Object.assign(this, { position, cell, isCellRead });
    return count;
  }

  /** Skips the next line. */
  skipLine(): void {
    if (this.nextLine()) while (this.nextCell());
  }

  /**
   * Reads the first line if it is a header, or must be one.
   *
   * @returns undefined, without reading it, if it is not a header
   */
  headerOf(columns: readonly TensorSpec[], isHeader: boolean): string[] | undefined {
    const { position, line } = this;
    const names: string[] = [];
    if (this.nextLine()) {
      do names.push(this.text());
      while (this.nextCell());
    }
    const known = new Set(columns.map(({ name }) => name));
    if (isHeader || names.some((name) => known.has(name))) {
      const seen = new Set<string>();
      for (const name of names) {
        if (known.has(name) && seen.has(name)) throw invalid(`CSV: the header names the column ${name} twice`);
        seen.add(name);
      }
      // A data row may happen to contain column names, but not all that the model needs.
      if (isHeader || columns.every(({ name, unused }) => unused || seen.has(name))) return names;
    }
    Object.assign(this, { position, line });
    return undefined;
  }

  cellError(datatype: Datatype, text: string, isMissing: boolean): Error {
    const place = `CSV line ${this.line}, column ${this.cell + 1}`;
    if (isMissing) return invalid(`${place} is empty, and ${datatype} has no missing value`);
    const shown = JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text);
    const isHeader = this.line === 1 && /^[^\d\s+-.][^\d]*$/.test(text) && datatype !== 'BYTES';
    const advice = isHeader
      ? '. If the first line names the columns, leave it out, or send the content type `text/csv; header=present`'
      : '';
    return invalid(`${place}: ${shown} is not ${datatype}${advice}`);
  }

  private skipCell(): void {
    const { body } = this;
    let { position } = this;
    if (body[position] === QUOTE) {
      for (position++; ; position += 2) {
        position = body.indexOf(QUOTE, position);
        if (position === -1) throw invalid(`CSV line ${this.line}: a quoted value is not closed`);
        if (body[position + 1] !== QUOTE) break;
      }
      position++;
      const byte = body[position];
      if (!(byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === undefined)) {
        throw invalid(`CSV line ${this.line}: ${JSON.stringify(String.fromCharCode(byte))} follows a closing quote`);
      }
    } else {
      let byte = body[position];
      while (!(byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === undefined)) {
        byte = body[++position];
      }
    }
    this.position = position;
    this.isCellRead = true;
  }
}

function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
  while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
  return bytes.subarray(start, end);
}

/** Parses values other than plain decimals: quoted numbers, words, and integers of every width. */
function parse(datatype: Datatype, cell: string, tabular: boolean): number | bigint | undefined {
  switch (datatype) {
    case 'BOOL':
      return TRUTHS.get(cell.toLowerCase());
    case 'FP16':
    case 'BF16':
    case 'FP32':
    case 'FP64': {
      const value = parseFloating(cell) ?? (tabular ? TRUTHS.get(cell.toLowerCase()) : undefined);
      const shortFloat = shortFloatOf(datatype);
      return shortFloat && value !== undefined ? shortFloat.fromNumber(value) : value;
    }
    default: {
      if (!/^[+-]?\d{1,20}$/.test(cell)) return undefined;
      const value = BigInt(cell.replace(/^\+/, ''));
      const width = Number(/\d+/.exec(datatype)![0]);
      const wrapped = datatype.startsWith('U') ? BigInt.asUintN(width, value) : BigInt.asIntN(width, value);
      if (wrapped !== value) return undefined;
      return width === 64 ? value : Number(value);
    }
  }
}

function parseFloating(cell: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell)) return Number(cell);
  const word = NON_FINITE.get(cell.toLowerCase().replace(/^[+-]/, ''));
  return word !== undefined && cell.startsWith('-') ? -word : word;
}

function writeCell(writer: JsonWriter, { datatype, data }: Tensor, index: number): void {
  switch (datatype) {
    case 'BYTES': {
      const text = (data[index] as Buffer).toString('utf8');
      writer.text(/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      return;
    }
    case 'BOOL':
      writer.raw(data[index] ? 'true' : 'false');
      return;
    case 'FP32':
    case 'FP64':
      writeFloat(writer, data[index] as number, datatype === 'FP32');
      return;
    case 'FP16':
    case 'BF16':
      writeFloat(writer, shortFloatOf(datatype)!.toNumber(data[index] as number), true);
      return;
    case 'INT64':
    case 'UINT64':
      writer.raw(String(data[index]));
      return;
    default:
      writer.integer(data[index] as number);
  }
}

function writeFloat(writer: JsonWriter, value: number, single: boolean): void {
  if (Number.isFinite(value)) writer.decimal(value, single);
  else writer.raw(Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');
}
