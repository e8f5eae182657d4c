import { allocate, type Datatype, type TensorData } from '../datatype.js';
import { type InferenceError, invalid } from '../errors.js';
import { shortFloatOf } from '../float16.js';
import { MISSING_TEXT, missingElement } from '../missing.js';
import { elementCount, type Tensor, type TensorSpec } from '../tensor.js';
import { LOWER_F, LOWER_N, LOWER_T, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './ascii.js';
import { base64Bytes } from './base64.js';
import type { JsonReader } from './reader.js';

/** Names of the datatypes in TensorFlow Serving's messages. */
const TYPE_NAMES: Record<Datatype, string> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'half',
  BF16: 'bfloat16',
  FP32: 'float',
  FP64: 'double',
  BYTES: 'string',
};

const INTEGER_RANGES = {
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
} as const;

const LONG_RANGES = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** Minimum bytes per element in the remaining input: the element and its separator. */
const LEAST_BYTES_PER_ELEMENT = 2;

/**
 * Reads one tensor from JSON directly into its typed array.
 *
 * Each call of `read` reads one value: the whole tensor, or one of the items to stack into a batch. Its shape follows
 * the nested lists. Each level has the length of the first list at that level.
 */
export class TensorBuilder {
  /** Number of values read. */
  items = 0;
  private data: TensorData;
  private count = 0;
  private itemStart = 0;
  private rank = 0;
  private sizes: number[] = [];
  private firstSizes: number[] | undefined;
  private readonly start: number;

  constructor(
    private readonly reader: JsonReader,
    private readonly spec: TensorSpec,
  ) {
    this.start = reader.position;
    let expected = 1;
    for (const size of spec.shape) if (size > 0) expected *= size;
    this.data = spec.datatype === 'BYTES' ? [] : allocate(spec.datatype, Math.min(expected, this.most()));
  }

  /**
   * Reads the next value.
   *
   * @throws InferenceError `INVALID_ARGUMENT` if it is ragged, has the wrong type, or differs in shape from the items
   * before it
   */
  read(): void {
    this.rank = -1;
    this.sizes = [];
    this.itemStart = this.count;
    this.fill(0);
    if (this.firstSizes === undefined) this.firstSizes = this.sizes;
    else this.compareWithFirst(this.firstSizes);
    this.items++;
  }

  /** Returns the single value that was read as a tensor. */
  tensor(): Tensor {
    return this.finish(this.sizes);
  }

  /** Returns the items that were read, stacked along a new first dimension. */
  batch(): Tensor {
    return this.finish([this.items, ...this.sizes]);
  }

  private finish(shape: number[]): Tensor {
    const { data, count } = this;
    return {
      name: this.spec.name,
      datatype: this.spec.datatype,
      shape,
      data: data.length === count || Array.isArray(data) ? data : data.subarray(0, count),
    };
  }

  private fill(level: number): void {
    const { reader } = this;
    if (reader.peek() !== OPEN_ARRAY) {
      if (this.rank === -1) this.rank = level;
      else if (level !== this.rank) throw this.levelError(level);
      this.leaf();
      return;
    }
    const isFirst = this.rank === -1;
    if (!isFirst && level >= this.rank) {
      throw invalid(`Encountered list at unexpected level: ${level} expected < ${this.rank}`);
    }
    if (isFirst) this.sizes.push(0);
    const before = this.count;
    let size = 0;
    if (!reader.openArray()) {
      if (isFirst) this.rank = level + 1;
    } else if (reader.peek() === OPEN_ARRAY) {
      do {
        this.fill(level + 1);
        size++;
      } while (reader.nextElement());
    } else {
      if (isFirst) this.rank = level + 1;
      else if (level + 1 !== this.rank) throw this.levelError(level + 1);
      this.leaves();
      size = this.count - before;
    }
    if (isFirst) this.sizes[level] = size;
    else if (size !== this.sizes[level]) {
      throw invalid(
        `Encountered list at unexpected size: ${size} at level: ${level} expected size: ${this.sizes[level]}`,
      );
    }
  }

  /** Reads the elements of an innermost list, and its closing bracket. */
  private leaves(): void {
    const { reader } = this;
    const { datatype } = this.spec;
    if (datatype !== 'FP32' && datatype !== 'FP64') {
      do this.leaf();
      while (reader.nextElement());
      return;
    }
    const single = datatype === 'FP32';
    let data = this.data as Float32Array | Float64Array;
    let count = this.count;
    do {
      const value = reader.atNumber() ? reader.number(single) : this.cell();
      if (count === data.length) data = this.grow(count) as Float32Array | Float64Array;
      data[count++] = value;
    } while (reader.nextElement());
    this.count = count;
  }

  private leaf(): void {
    const { datatype } = this.spec;
    const value = this.element(datatype);
    if (this.count === this.data.length && datatype !== 'BYTES') this.grow(this.count);
    // `element` returns the element type of this datatype's array.
    (this.data as unknown[])[this.count++] = value;
  }

  private element(datatype: Datatype): number | bigint | Buffer {
    const { reader } = this;
    switch (datatype) {
      case 'FP32':
      case 'FP64':
        return reader.atNumber() ? reader.number(datatype === 'FP32') : this.cell();
      case 'BOOL': {
        const value = reader.boolean();
        if (value !== undefined) return value ? 1 : 0;
        if (!this.spec.tabular) throw this.typeError();
        return this.integer([0, 1]);
      }
      case 'BYTES':
        return this.bytes();
      case 'INT64':
      case 'UINT64':
        return this.long(LONG_RANGES[datatype]);
      case 'FP16':
      case 'BF16':
        return this.shortFloat(datatype);
      default:
        return this.integer(INTEGER_RANGES[datatype]);
    }
  }

  /** Reads a float that is not written as a number: a missing value, or a boolean cell of a table. */
  private cell(): number {
    return this.reader.nullToken() ? Number.NaN : this.truth();
  }

  /** Reads a boolean cell of a table as a number. */
  private truth(): number {
    const value = this.spec.tabular ? this.reader.boolean() : undefined;
    if (value === undefined) throw this.typeError();
    return value ? 1 : 0;
  }

  private shortFloat(datatype: 'FP16' | 'BF16'): number {
    const { reader } = this;
    const { fromNumber, toNumber } = shortFloatOf(datatype)!;
    if (!reader.atNumber()) return fromNumber(this.cell());
    const start = reader.position;
    const bits = fromNumber(reader.number(false));
    if (!reader.nonFinite && !Number.isFinite(toNumber(bits))) {
      throw invalid(`JSON Value: ${reader.quote(start)} is out of the range of ${datatype}`);
    }
    return bits;
  }

  private integer([least, most]: readonly [number, number]): number {
    const { reader } = this;
    if (!reader.atNumber()) return this.truth();
    const start = reader.position;
    const value = reader.number(false);
    if (!reader.integral || value < least || value > most) throw this.typeError(start);
    return value;
  }

  private long([least, most]: readonly [bigint, bigint]): bigint {
    const { reader } = this;
    if (!reader.atNumber()) return BigInt(this.truth());
    const start = reader.position;
    const rounded = reader.number(false);
    if (!reader.integral || Math.abs(rounded) > 2 ** 65) throw this.typeError(start);
    const value = Number.isSafeInteger(rounded)
      ? BigInt(rounded)
      : BigInt(reader.bytes.toString('latin1', start, reader.position));
    if (value < least || value > most) throw this.typeError(start);
    return value;
  }

  private bytes(): Buffer {
    const { reader } = this;
    const byte = reader.peek();
    if (byte === QUOTE) return reader.stringBytes();
    if (this.spec.tabular && this.missingText()) return MISSING_TEXT;
    if (byte !== OPEN_OBJECT) throw this.typeError();
    const start = reader.position;
    if (!atBase64(reader)) throw invalid(`JSON Value: ${reader.quote(start)} not formatted correctly for base64 data`);
    return readBase64(reader);
  }

  /** Reads the next value if it is a missing text: `null`, or NaN if that token is allowed. Returns whether it is. */
  private missingText(): boolean {
    const { reader } = this;
    if (reader.nullToken()) return true;
    if (!reader.atNumber()) return false;
    const start = reader.position;
    if (Number.isNaN(reader.number(false))) return true;
    throw this.typeError(start);
  }

  /** Adds a missing element for an input that was omitted. */
  skipItem(): void {
    this.sizes = [];
    const { datatype } = this.spec;
    if (datatype !== 'BYTES' && this.count === this.data.length) this.grow(this.count);
    (this.data as unknown[])[this.count++] = missingElement(datatype);
    this.firstSizes ??= this.sizes;
    this.items++;
  }

  /** Returns the maximum number of further elements. Each one needs bytes of input, which limits the allocation. */
  private most(): number {
    return Math.floor((this.reader.bytes.length - this.reader.position) / LEAST_BYTES_PER_ELEMENT) + 1;
  }

  private grow(count: number): TensorData {
    const { reader } = this;
    // The estimate assumes that the rest is as dense as the part that was read.
    const read = Math.max(1, reader.position - this.start);
    const estimate = Math.ceil((count * (reader.bytes.length - this.start)) / read);
    const length = Math.min(Math.max(16, 2 * count, estimate), count + this.most());
    const data = allocate(this.spec.datatype, length) as Float64Array;
    data.set(this.data as Float64Array);
    this.data = data;
    return data;
  }

  private compareWithFirst(first: readonly number[]): void {
    const { sizes } = this;
    if (sizes.length === first.length && sizes.every((size, axis) => size === first[axis])) return;
    const size = this.count - this.itemStart;
    const expected = elementCount(first);
    throw invalid(
      size === expected
        ? `Expecting shape [${first}] but got: [${sizes}]`
        : `Expecting tensor size: ${expected} but got: ${size}`,
    );
  }

  private levelError(level: number): InferenceError {
    const { reader } = this;
    return invalid(
      `JSON Value: ${reader.quote(reader.position)} found at incorrect level: ${level + 1} in the JSON DOM. ` +
        `Expected at level: ${this.rank + 1}`,
    );
  }

  /** Returns the error for the value at `start`: invalid JSON, wrong nesting, or wrong type. */
  private typeError(start = this.reader.position): InferenceError {
    const { reader } = this;
    const byte = reader.bytes[start];
    reader.position = start;
    if (byte === OPEN_ARRAY) {
      return invalid(`Encountered list at unexpected level: ${this.rank} expected < ${this.rank}`);
    }
    const quoted = reader.quote(start);
    if (quoted === '') return reader.syntaxError('Invalid value.');
    return invalid(
      `JSON Value: ${quoted} Type: ${kind(byte)} is not of expected type: ${TYPE_NAMES[this.spec.datatype]}`,
    );
  }
}

/** Reads the next value, which is `{"b64": "…"}`. */
export function readBase64(reader: JsonReader): Buffer {
  reader.countObject();
  reader.openObject();
  reader.name();
  reader.peek();
  const value = base64Bytes(reader.string());
  reader.nextMember();
  return value;
}

/** Whether the next value is `{"b64": "…"}`, which represents bytes. It is not read. */
export function atBase64(reader: JsonReader): boolean {
  const probe = reader.fork();
  if (probe.peek() !== OPEN_OBJECT || !probe.openObject() || probe.name() !== 'b64' || probe.peek() !== QUOTE) {
    return false;
  }
  probe.skip();
  return !probe.nextMember();
}

function kind(byte: number | undefined): string {
  switch (byte) {
    case QUOTE:
      return 'String';
    case OPEN_OBJECT:
      return 'Object';
    case LOWER_T:
      return 'True';
    case LOWER_F:
      return 'False';
    case LOWER_N:
      return 'Null';
    default:
      return 'Number';
  }
}
