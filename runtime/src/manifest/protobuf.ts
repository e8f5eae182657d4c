import type { FileBytes } from './file-bytes.js';

/** One field of a serialized protobuf message. */
export interface ProtobufField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: number;
  /** Where the content starts in the file. */
  readonly start: number;
  /** Where the content ends, which for a damaged file may lie behind its end. */
  readonly end: number;
  /** The value, if the field is a varint. */
  readonly varint?: number;
}

/**
 * The fields of the message that lies between `start` and `end`, without reading their content. Ends with the first
 * field that is not well formed or reaches behind `end`; the caller tells by the last field's `end`.
 */
export function* protobufFields(file: FileBytes, start = 0, end = file.size): Generator<ProtobufField> {
  let position = start;
  while (position < end) {
    // A tag and a length, or a tag and a value, are 20 bytes at most.
    const head = file.read(position, 20);
    const tag = varint(head, 0);
    if (!tag) return;
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number === 0) return;
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

/** Lengths and small values only: what is above 2^53 loses digits. */
function varint(bytes: Buffer, at: number): { value: number; length: number } | undefined {
  let value = 0;
  for (let length = 0; length < 10 && at + length < bytes.length; length++) {
    const byte = bytes[at + length]!;
    value += (byte & 0x7f) * 2 ** (7 * length);
    if (byte < 0x80) return { value, length: length + 1 };
  }
  return undefined;
}
