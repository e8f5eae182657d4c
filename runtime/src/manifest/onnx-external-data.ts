import { existsSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { FileBytes } from './file-bytes.js';
import { ModelPackageError } from './package-error.js';
import { type ProtobufField, protobufFields } from './protobuf.js';

type Message = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Messages of onnx.proto that may contain tensors, and the messages in their fields, by field number. */
const MESSAGES: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

// Field numbers of TensorProto and of its entries in onnx.proto.
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const EXTERNAL = 1;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * Lists the files that hold the weights of an ONNX model, as exporters write them for large models: initializers and
 * constants, those of subgraphs and functions included. The paths are relative to the model's folder.
 *
 * @throws ModelPackageError `FILE_MISSING` if a file does not exist, `ARTIFACT_INVALID` if it is outside the folder, or
 * if the model cannot be read as ONNX
 */
export function externalData(source: string): string[] {
  const file = new FileBytes(source);
  try {
    return [...externalLocations(file)].map((location) => checked(source, location)).sort();
  } finally {
    file.close();
  }
}

interface Span {
  readonly message: Message;
  readonly start: number;
  readonly end: number;
}

/** Visits every message that may contain tensors. Subgraphs can be nested to any depth, so it does not recurse. */
function externalLocations(file: FileBytes): Set<string> {
  const locations = new Set<string>();
  const open: Span[] = [{ message: 'model', start: 0, end: file.size }];
  for (let span = open.pop(); span; span = open.pop()) {
    const entries: ProtobufField[] = [];
    let location: number | undefined;
    for (const field of wholeFields(file, span)) {
      const message = MESSAGES[span.message][field.number];
      if (message && field.wireType === 2) open.push({ message, start: field.start, end: field.end });
      else if (span.message !== 'tensor') continue;
      else if (field.number === EXTERNAL_DATA) entries.push(field);
      else if (field.number === DATA_LOCATION) location = field.varint;
    }
    if (location !== EXTERNAL) continue;
    for (const entry of entries) {
      if (text(file, entry, ENTRY_KEY) === 'location') locations.add(text(file, entry, ENTRY_VALUE));
    }
  }
  return locations;
}

/**
 * Iterates over all fields of a message.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if part of it is unreadable, because other parsers may skip that part and
 * read what follows
 */
function* wholeFields(file: FileBytes, { start, end }: Pick<Span, 'start' | 'end'>): Generator<ProtobufField> {
  let position = start;
  for (const field of protobufFields(file, start, end)) {
    position = field.end;
    if (position <= end) yield field;
  }
  if (position === end) return;
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${file.path} is not a valid ONNX model: byte ${position} is not where a field ends. Copy or export it again.`,
  );
}

/** Returns a text field of a message. As in every protobuf parser, the last of several wins. */
function text(file: FileBytes, parent: Pick<Span, 'start' | 'end'>, number: number): string {
  let value = '';
  for (const field of wholeFields(file, parent)) {
    if (field.number === number) value = file.read(field.start, field.end - field.start).toString('utf8');
  }
  return value;
}

function checked(source: string, location: string): string {
  const path = normalize(location).split(sep).join('/');
  if (path.startsWith('/') || path.startsWith('..') || path.includes(':')) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${source} keeps weights in ${location}, outside its own folder. Export it with its weights beside it.`,
    );
  }
  if (!existsSync(join(dirname(source), path))) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${source} keeps weights in ${path}, which is not beside it. Copy that file too, or export without external data.`,
    );
  }
  return path;
}
