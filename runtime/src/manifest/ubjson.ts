/** Sizes and readers of the numbers of UBJSON by type marker. */
const NUMBERS: Readonly<Record<string, { readonly size: number; read(bytes: Buffer, at: number): number }>> = {
  i: { size: 1, read: (bytes, at) => bytes.readInt8(at) },
  U: { size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  I: { size: 2, read: (bytes, at) => bytes.readInt16BE(at) },
  l: { size: 4, read: (bytes, at) => bytes.readInt32BE(at) },
  L: { size: 8, read: (bytes, at) => Number(bytes.readBigInt64BE(at)) },
  d: { size: 4, read: (bytes, at) => bytes.readFloatBE(at) },
  D: { size: 8, read: (bytes, at) => bytes.readDoubleBE(at) },
};

/** Type markers of numbers that may be lengths. */
const INTEGERS = 'iUIlL';

/** Maximum nesting of a document. */
const MAX_DEPTH = 64;

/** Array of numbers of one type in a document. They are decoded on demand, because a model is mostly such arrays. */
export class UbjsonNumbers {
  constructor(
    private readonly bytes: Buffer,
    private readonly type: string,
  ) {}

  decode(): Float64Array {
    const { size, read } = NUMBERS[this.type]!;
    return Float64Array.from({ length: this.bytes.length / size }, (_, index) => read(this.bytes, index * size));
  }
}

/**
 * Reads a document of UBJSON.
 *
 * @returns undefined unless the file is one whole document. XGBoost itself takes all memory for the lengths in a file
 * that was cut off
 */
export function readUbjson(bytes: Buffer): unknown {
  const reader = new UbjsonReader(bytes);
  try {
    const value = reader.value(0);
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof InvalidUbjson) return undefined;
    throw error;
  }
}

class InvalidUbjson extends Error {}

class UbjsonReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new InvalidUbjson();
    const type = this.marker();
    if (type === 'T' || type === 'F') return type === 'T';
    if (type === 'Z') return null;
    if (type === 'S') return this.text();
    if (type === '{') return this.object(depth);
    if (type === '[') return this.array(depth);
    return this.number(type);
  }

  private object(depth: number): Record<string, unknown> {
    // The object has no prototype, so that every name is valid.
    const object: Record<string, unknown> = Object.create(null);
    while (!this.skip('}')) {
      const name = this.text();
      object[name] = this.value(depth + 1);
    }
    return object;
  }

  private array(depth: number): unknown[] | UbjsonNumbers {
    if (this.skip('$')) {
      const type = this.marker();
      const { size } = numberOf(type);
      if (!this.skip('#')) throw new InvalidUbjson();
      return new UbjsonNumbers(this.take(this.length() * size), type);
    }
    const values: unknown[] = [];
    if (this.skip('#')) {
      const length = this.length();
      // A value has at least one byte, so that the length cannot exceed the bytes without failing here.
      while (values.length < length) values.push(this.value(depth + 1));
      return values;
    }
    while (!this.skip(']')) values.push(this.value(depth + 1));
    return values;
  }

  private text(): string {
    return this.take(this.length()).toString();
  }

  private length(): number {
    const type = this.marker();
    const length = INTEGERS.includes(type) ? this.number(type) : -1;
    if (length < 0) throw new InvalidUbjson();
    return length;
  }

  private number(type: string): number {
    const { size, read } = numberOf(type);
    return read(this.take(size), 0);
  }

  private marker(): string {
    return this.take(1).toString('latin1');
  }

  private skip(marker: string): boolean {
    const isNext = this.bytes[this.at] === marker.charCodeAt(0);
    if (isNext) this.at++;
    return isNext;
  }

  private take(size: number): Buffer {
    const end = this.at + size;
    if (end > this.bytes.length) throw new InvalidUbjson();
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

function numberOf(type: string) {
  const number = Object.hasOwn(NUMBERS, type) ? NUMBERS[type] : undefined;
  if (!number) throw new InvalidUbjson();
  return number;
}
