import { FileBytes } from '../../manifest/file-bytes.js';
import { type ProtobufField, protobufText, wholeFields } from '../../manifest/protobuf.js';

// Field numbers in onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_INPUT = 11;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_OPERATOR = 4;
const NODE_ATTRIBUTE = 5;
const VALUE_NAME = 1;
const ATTRIBUTE_NAME = 1;
const ATTRIBUTE_FLOAT = 2;
const ATTRIBUTE_INTEGER = 3;
const ATTRIBUTE_STRING = 4;
const ATTRIBUTE_TENSOR = 5;
const ATTRIBUTE_FLOATS = 7;
const ATTRIBUTE_INTEGERS = 8;
const ATTRIBUTE_STRINGS = 9;
const TENSOR_TYPE = 2;
const TENSOR_FLOATS = 4;
const TENSOR_INTEGERS = 5;
const TENSOR_NAME = 8;
const TENSOR_BYTES = 9;
const TENSOR_DOUBLES = 10;

const LENGTH_DELIMITED = 2;

/** Readers of the raw bytes of a tensor by its type in onnx.proto. */
const RAW_NUMBERS: Readonly<Record<number, { readonly size: number; read(bytes: Buffer, at: number): number }>> = {
  1: { size: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  2: { size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  6: { size: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  7: { size: 8, read: (bytes, at) => Number(bytes.readBigInt64LE(at)) },
  11: { size: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
};

/** Node of a graph. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes of numbers by name. Single numbers are lists of one. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** Attributes of texts by name. Single texts are lists of one. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/** Nodes of a model, without those in subgraphs and functions. */
export interface OnnxGraph {
  /** Inputs that requests give. */
  readonly inputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
}

/**
 * Reads the graph of an ONNX model with the attributes of its nodes. Weights of tensors are not read.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if part of the file is unreadable
 */
export function readOnnxGraph(path: string): OnnxGraph {
  const file = new FileBytes(path);
  try {
    const nodes: OnnxNode[] = [];
    const inputs: string[] = [];
    const initializers = new Set<string>();
    for (const graph of wholeFields(file, { start: 0, end: file.size })) {
      if (graph.number !== MODEL_GRAPH) continue;
      for (const field of wholeFields(file, graph)) {
        if (field.number === GRAPH_NODE) nodes.push(nodeOf(file, field));
        else if (field.number === GRAPH_INPUT) inputs.push(nameOf(file, field, VALUE_NAME));
        else if (field.number === GRAPH_INITIALIZER) initializers.add(nameOf(file, field, TENSOR_NAME));
      }
    }
    return { nodes, inputs: inputs.filter((name) => !initializers.has(name)) };
  } finally {
    file.close();
  }
}

function nameOf(file: FileBytes, field: ProtobufField, number: number): string {
  return protobufText(file, [...wholeFields(file, field)], number);
}

function nodeOf(file: FileBytes, node: ProtobufField): OnnxNode {
  const fields = [...wholeFields(file, node)];
  const textsOf = (number: number) =>
    fields.filter((field) => field.number === number).map((field) => contentOf(file, field).toString());
  const numbers = new Map<string, readonly number[]>();
  const texts = new Map<string, readonly string[]>();
  for (const field of fields.filter(({ number }) => number === NODE_ATTRIBUTE)) {
    const attribute = attributeOf(file, field);
    numbers.set(attribute.name, attribute.numbers);
    texts.set(attribute.name, attribute.texts);
  }
  return {
    operator: protobufText(file, fields, NODE_OPERATOR),
    inputs: textsOf(NODE_INPUT),
    outputs: textsOf(NODE_OUTPUT),
    numbers,
    texts,
  };
}

function attributeOf(file: FileBytes, span: ProtobufField): { name: string; numbers: number[]; texts: string[] } {
  let name = '';
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const field of wholeFields(file, span)) {
    const { number } = field;
    if (number === ATTRIBUTE_NAME) name = contentOf(file, field).toString();
    else if (number === ATTRIBUTE_FLOAT || number === ATTRIBUTE_FLOATS) addNumbers(numbers, file, field, 4);
    else if (number === ATTRIBUTE_INTEGER || number === ATTRIBUTE_INTEGERS) addIntegers(numbers, file, field);
    else if (number === ATTRIBUTE_STRING || number === ATTRIBUTE_STRINGS) texts.push(contentOf(file, field).toString());
    else if (number === ATTRIBUTE_TENSOR) addTensor(numbers, file, field);
  }
  return { name, numbers, texts };
}

function contentOf(file: FileBytes, { start, end }: ProtobufField): Buffer {
  return file.read(start, end - start);
}

/** Adds floats of four bytes or doubles of eight, which may be packed. */
function addNumbers(numbers: number[], file: FileBytes, field: ProtobufField, size: 4 | 8): void {
  const bytes = contentOf(file, field);
  for (let at = 0; at + size <= bytes.length; at += size) {
    numbers.push(size === 4 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at));
  }
}

/** Adds integers below 2^53, which may be packed. */
function addIntegers(numbers: number[], file: FileBytes, field: ProtobufField): void {
  if (field.varint !== undefined) numbers.push(field.varint);
  if (field.wireType !== LENGTH_DELIMITED) return;
  let value = 0;
  let factor = 1;
  for (const byte of contentOf(file, field)) {
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0;
    factor = 1;
  }
}

function addTensor(numbers: number[], file: FileBytes, tensor: ProtobufField): void {
  const fields = [...wholeFields(file, tensor)];
  const type = fields.findLast(({ number }) => number === TENSOR_TYPE)?.varint ?? 0;
  for (const field of fields) {
    if (field.number === TENSOR_FLOATS) addNumbers(numbers, file, field, 4);
    else if (field.number === TENSOR_DOUBLES) addNumbers(numbers, file, field, 8);
    else if (field.number === TENSOR_INTEGERS) addIntegers(numbers, file, field);
    else if (field.number === TENSOR_BYTES && RAW_NUMBERS[type]) {
      const { size, read } = RAW_NUMBERS[type];
      const bytes = contentOf(file, field);
      for (let at = 0; at + size <= bytes.length; at += size) numbers.push(read(bytes, at));
    }
  }
}
