/** Bytes of the numbers of UBJSON by type marker. */
const NUMBER_BYTES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/** Maximum nesting of a document. */
const MAX_DEPTH = 64;

/**
 * Whether a file is one whole document of UBJSON. XGBoost itself takes all memory for the lengths in a file that was cut
 * off.
 */
export function isWholeUbjson(bytes: Buffer): boolean {
  const end = valueEnd(bytes, 0, 0);
  return end === bytes.length;
}

/** Returns the end of the value at `start`, or NaN if it is invalid or exceeds the bytes. */
function valueEnd(bytes: Buffer, start: number, depth: number): number {
  if (start >= bytes.length || depth > MAX_DEPTH) return Number.NaN;
  const type = String.fromCharCode(bytes[start]!);
  if (type === 'T' || type === 'F' || type === 'Z') return start + 1;
  if (type === 'S') return textEnd(bytes, start + 1);
  if (type === '{') return objectEnd(bytes, start + 1, depth);
  if (type === '[') return arrayEnd(bytes, start + 1, depth);
  return within(bytes, start + 1 + (NUMBER_BYTES[type] ?? Number.NaN));
}

function objectEnd(bytes: Buffer, start: number, depth: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0x7d) {
    at = valueEnd(bytes, textEnd(bytes, at), depth + 1);
    if (Number.isNaN(at)) return at;
  }
  return within(bytes, at + 1);
}

function arrayEnd(bytes: Buffer, start: number, depth: number): number {
  const isTyped = bytes[start] === 0x24;
  const at = isTyped ? start + 2 : start;
  if (bytes[at] === 0x23) {
    const { length, end } = lengthAt(bytes, at + 1);
    if (isTyped)
      return within(bytes, end + length * (NUMBER_BYTES[String.fromCharCode(bytes[start + 1]!)] ?? Number.NaN));
    let next = end;
    for (let index = 0; index < length && !Number.isNaN(next); index++) next = valueEnd(bytes, next, depth + 1);
    return next;
  }
  let next = start;
  while (next < bytes.length && bytes[next] !== 0x5d) {
    next = valueEnd(bytes, next, depth + 1);
    if (Number.isNaN(next)) return next;
  }
  return within(bytes, next + 1);
}

function textEnd(bytes: Buffer, start: number): number {
  const { length, end } = lengthAt(bytes, start);
  return within(bytes, end + length);
}

/** Reads the length at `start`: a type marker and an integer. Both are NaN if it is invalid. */
function lengthAt(bytes: Buffer, start: number): { length: number; end: number } {
  const size = { i: 1, U: 1, I: 2, l: 4, L: 8 }[String.fromCharCode(bytes[start] ?? 0)];
  if (size === undefined || start + 1 + size > bytes.length) return { length: Number.NaN, end: Number.NaN };
  const isUnsigned = bytes[start] === 0x55;
  const small = () => (isUnsigned ? bytes.readUInt8(start + 1) : bytes.readIntBE(start + 1, size));
  const value = size === 8 ? bytes.readBigInt64BE(start + 1) : BigInt(small());
  return { length: value < 0n ? Number.NaN : Number(value), end: start + 1 + size };
}

/** Returns `end` if it does not exceed the bytes, or else NaN. */
function within(bytes: Buffer, end: number): number {
  return end <= bytes.length ? end : Number.NaN;
}
