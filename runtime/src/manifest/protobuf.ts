import type { FileBytes } from './file-bytes.js';

/** Highest field number. Parsers differ in what they make of a higher one. */
const MAX_NUMBER = 2 ** 29 - 1;

/** A field of a serialized protobuf message. */
export interface ProtobufField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: number;
  /** Offset of the content in the file. */
  readonly start: number;
  /** Offset of the end of the content. It may exceed the size of a damaged file. */
  readonly end: number;
  /** Value of a varint field. */
  readonly varint?: number;
}

/**
 * Iterates over the fields of the message between `start` and `end` without reading their content. Stops at the first
 * field that is malformed or exceeds `end`. Callers detect this by the `end` of the last field.
 */
export function* protobufFields(file: FileBytes, start = 0, end = file.size): Generator<ProtobufField> {
  let position = start;
  while (position < end) {
    // A tag with a length or a varint takes at most 20 bytes.
    const head = file.read(position, 20);
    const tag = varint(head, 0);
    if (!tag) return;
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number === 0 || number > MAX_NUMBER) return;
    const field = content(head, tag.length, wireType, position);
    if (!field) return;
    yield { number, wireType, ...field };
    position = field.end;
  }
}

function content(
  head: Buffer,
  at: number,
  wireType: number,
  position: number,
): Omit<ProtobufField, 'number' | 'wireType'> | undefined {
  const start = position + at;
  if (wireType === 1) return { start, end: start + 8 };
  if (wireType === 5) return { start, end: start + 4 };
  if (wireType !== 0 && wireType !== 2) return undefined;
  const value = varint(head, at);
  if (!value) return undefined;
  if (wireType === 0) return { start, end: start + value.length, varint: value.value };
  return { start: start + value.length, end: start + value.length + value.value };
}

/** Decodes a varint. Suitable for lengths and small values only: values above 2^53 lose precision. */
function varint(bytes: Buffer, at: number): { value: number; length: number } | undefined {
  let value = 0;
  for (let length = 0; length < 10 && at + length < bytes.length; length++) {
    const byte = bytes[at + length]!;
    value += (byte & 0x7f) * 2 ** (7 * length);
    if (byte < 0x80) return { value, length: length + 1 };
  }
  return undefined;
}
