import type { FileBytes } from './file-bytes.js';
import { ModelPackageError } from './package-error.js';

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

/** Messages by name, each with the messages in its fields by field number. */
export type Messages = Readonly<Record<string, Readonly<Record<number, string>>>>;

/** Numbers of the fields to read by the name of their message. */
export type WantedFields = Readonly<Record<string, readonly number[]>>;

/** A message with those of its fields that the caller wants. */
export interface ProtobufMessage {
  readonly name: string;
  readonly fields: readonly ProtobufField[];
}

/**
 * Visits the message `root` that the file holds and every message below it, as far as `messages` describes them. Yields
 * the messages that `wanted` names, with the fields that it lists. Other fields are skipped, because a forest has millions
 * of them. Messages can be nested to any depth, so it does not recurse.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if part of the file is unreadable, because other parsers may skip that
 * part and read what follows
 */
export function* protobufMessages(
  file: FileBytes,
  messages: Messages,
  root: string,
  wanted: WantedFields,
): Generator<ProtobufMessage> {
  const open = [{ name: root, start: 0, end: file.size }];
  for (let span = open.pop(); span; span = open.pop()) {
    const numbers = wanted[span.name];
    const fields: ProtobufField[] = [];
    for (const field of wholeFields(file, span)) {
      const name = messages[span.name]![field.number];
      if (name !== undefined && field.wireType === 2) open.push({ name, start: field.start, end: field.end });
      else if (numbers?.includes(field.number)) fields.push(field);
    }
    if (numbers) yield { name: span.name, fields };
  }
}

/** Returns a text among the fields of a message. As in every protobuf parser, the last of several wins. */
export function protobufText(file: FileBytes, fields: readonly ProtobufField[], number: number): string {
  const field = fields.findLast((each) => each.number === number);
  return field ? file.read(field.start, field.end - field.start).toString('utf8') : '';
}

/** Returns all fields of a message. */
export function* wholeFields(file: FileBytes, span: { start: number; end: number }): Generator<ProtobufField> {
  let position = span.start;
  for (const field of protobufFields(file, span.start, span.end)) {
    position = field.end;
    if (position <= span.end) yield field;
  }
  if (position === span.end) return;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${file.path} is damaged: byte ${position} is not where a field ends. Copy or export it again.`,
  );
}
