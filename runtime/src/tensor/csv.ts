import { allocate, type Datatype, type TensorData } from './datatype.js';
import { invalid } from './errors.js';
import { bfloatToNumber, halfToNumber } from './float16.js';
import { decimalText } from './json/decimal.js';
import { checkObjects } from './object-limit.js';
import { elementCount, type Tensor, type TensorSpec } from './tensor.js';

const INTEGER = /^[+-]?\d{1,20}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
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

/**
 * A tensor from lines of values between commas: one row for each line, quoted as RFC 4180 has it, without a header.
 *
 * @throws InferenceError `INVALID_ARGUMENT` naming line and column
 */
export function tensorFromCsv(spec: TensorSpec, text: string): Tensor {
  const { name, datatype } = spec;
  let data = allocate(datatype, 0);
  let count = 0;
  let width = 0;
  let line = 0;
  forEachCell(text, (cell, column, isLast) => {
    const value = parse(datatype, cell);
    if (value === undefined) {
      throw invalid(`CSV line ${line + 1}, column ${column + 1}: ${quote(cell)} is no ${datatype}`);
    }
    if (datatype === 'BYTES') checkObjects(count + 1, text.length);
    else if (count === data.length) data = enlarged(datatype, data);
    (data as unknown[])[count++] = value;
    if (!isLast) return;
    line++;
    if (line === 1) width = column + 1;
    if (column + 1 !== width) throw invalid(`CSV line ${line}: got ${column + 1} values, the first line has ${width}`);
  });
  if (width === 0) throw invalid('the CSV is empty');
  return {
    name,
    datatype,
    shape: shapeOf(spec, line, width),
    data: Array.isArray(data) ? data : data.subarray(0, count),
  };
}

/**
 * The rows of tensors as lines, the values of several side by side.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if they have no rows, or not the same number
 */
export function csvFromTensors(tensors: readonly Tensor[]): string {
  const size = tensors[0]?.shape[0];
  const other = tensors.find(({ shape }) => shape[0] === undefined || shape[0] !== size);
  if (size === undefined || other)
    throw invalid(`output ${other?.name} has shape [${other?.shape}], CSV needs the same rows of all`);
  const lines: string[] = [];
  for (let row = 0; row < size; row++) {
    const cells = tensors.flatMap((tensor) => {
      const width = elementCount(tensor.shape.slice(1));
      return Array.from({ length: width }, (_, column) => print(tensor, row * width + column));
    });
    lines.push(`${cells.join(',')}\n`);
  }
  return lines.join('');
}

/** Lines of one value each may feed an input of one dimension; all values of a line are an item of any shape. */
function shapeOf(spec: TensorSpec, rows: number, width: number): readonly number[] {
  const [, ...item] = spec.shape;
  if (item.length === 0 && width === 1) return [rows];
  if (item.length > 1 && !item.includes(-1) && elementCount(item) === width) return [rows, ...item];
  return [rows, width];
}

/** Numbers that there is room for before the first is read. */
const FIRST_ROOM = 64;

function enlarged(datatype: Datatype, data: TensorData): TensorData {
  const larger = allocate(datatype, Math.max(FIRST_ROOM, 2 * data.length)) as Float64Array;
  larger.set(data as Float64Array);
  return larger;
}

/** Gives one value after the other, because all of them together take many times what the text does. */
function forEachCell(text: string, take: (cell: string, column: number, isLast: boolean) => void): void {
  let line = 1;
  let column = 0;
  let position = 0;
  while (position < text.length) {
    let cell: string;
    if (text[position] === '"') {
      const end = closingQuote(text, position + 1);
      cell = text.slice(position + 1, end).replaceAll('""', '"');
      position = end + 1;
    } else {
      const start = position;
      while (position < text.length && !',\r\n'.includes(text[position]!)) position++;
      cell = text.slice(start, position).trim();
    }
    const separator = text[position];
    if (separator === ',') {
      position++;
      const next = text[position];
      const isAtEnd = next === undefined || next === '\n' || next === '\r';
      take(cell, column++, false);
      if (!isAtEnd) continue;
      cell = '';
    } else if (separator !== undefined && separator !== '\n' && separator !== '\r') {
      throw invalid(`CSV line ${line}: ${quote(separator)} follows a closing quote`);
    }
    take(cell, column, true);
    while (text[position] === '\n' || text[position] === '\r') position++;
    line++;
    column = 0;
  }
}

function closingQuote(text: string, from: number): number {
  let position = from;
  for (;;) {
    const quoteAt = text.indexOf('"', position);
    if (quoteAt === -1) throw invalid('CSV: a quoted value is not closed');
    if (text[quoteAt + 1] !== '"') return quoteAt;
    position = quoteAt + 2;
  }
}

function parse(datatype: Datatype, cell: string): number | bigint | Buffer | undefined {
  switch (datatype) {
    case 'BYTES':
      return Buffer.from(cell);
    case 'BOOL':
      return TRUTHS.get(cell.toLowerCase());
    case 'FP32':
    case 'FP64': {
      if (DECIMAL.test(cell)) return Number(cell);
      const word = NON_FINITE.get(cell.toLowerCase().replace(/^[+-]/, ''));
      return word === undefined ? undefined : cell.startsWith('-') ? -word : word;
    }
    case 'FP16':
    case 'BF16':
      return undefined;
    default: {
      if (!INTEGER.test(cell)) return undefined;
      const value = BigInt(cell.replace(/^\+/, ''));
      const width = Number(/\d+/.exec(datatype)![0]);
      const wrapped = datatype.startsWith('U') ? BigInt.asUintN(width, value) : BigInt.asIntN(width, value);
      if (wrapped !== value) return undefined;
      return width === 64 ? value : Number(value);
    }
  }
}

function print({ datatype, data }: Tensor, index: number): string {
  switch (datatype) {
    case 'BYTES': {
      const text = (data[index] as Buffer).toString('utf8');
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }
    case 'BOOL':
      return data[index] ? 'true' : 'false';
    case 'FP16':
      return decimal(halfToNumber(data[index] as number), true);
    case 'BF16':
      return decimal(bfloatToNumber(data[index] as number), true);
    case 'FP32':
    case 'FP64':
      return decimal(data[index] as number, datatype === 'FP32');
    default:
      return String(data[index]);
  }
}

function decimal(value: number, single: boolean): string {
  if (Number.isFinite(value)) return decimalText(value, single);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
