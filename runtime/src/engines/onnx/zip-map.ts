// Exporters for scikit-learn append a ZipMap node to a classifier. It converts the tensor of probabilities into a list
// of maps, which ONNX Runtime's Node binding rejects. The node adds only the class names, so an Identity node replaces it.

// Field numbers in onnx.proto.
const MODEL_GRAPH = 7;
const MODEL_OPSET = 8;
const OPSET_DOMAIN = 1;
const OPSET_VERSION = 2;
const GRAPH_NODE = 1;
const GRAPH_OUTPUT = 12;
const NODE_OUTPUT = 2;
const NODE_OP_TYPE = 4;
const NODE_ATTRIBUTE = 5;
const NODE_DOMAIN = 7;
const ATTRIBUTE_NAME = 1;
const ATTRIBUTE_INTS = 8;
const ATTRIBUTE_STRINGS = 9;
const VALUE_NAME = 1;
const VALUE_TYPE = 2;

/** Version of the standard operators for models that import only others. Each version since 1 has Identity. */
const OPSET = 13;

/** A model whose ZipMap nodes were replaced. */
export interface WithoutZipMap {
  readonly model: Buffer;
  /** Class names by output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

/**
 * Replaces the ZipMap nodes of a serialized ONNX model, so that each output is the tensor of probabilities.
 *
 * @returns undefined if the model has none
 */
export function withoutZipMap(model: Buffer): WithoutZipMap | undefined {
  const labels = new Map<string, readonly string[]>();
  const rewritten = rewrite(model, MODEL_GRAPH, (graph) => {
    const nodes = rewrite(graph, GRAPH_NODE, (node) => {
      if (text(node, NODE_OP_TYPE) !== 'ZipMap') return node;
      labels.set(text(node, NODE_OUTPUT), classLabels(node));
      return identity(node);
    });
    return rewrite(nodes, GRAPH_OUTPUT, (value) => {
      const classes = labels.get(text(value, VALUE_NAME));
      return classes ? rewrite(value, VALUE_TYPE, () => probabilityType(classes.length)) : value;
    });
  });
  return labels.size === 0 ? undefined : { model: withStandardOperators(rewritten), labels };
}

/** Returns an Identity node with the input and output of `node`. */
function identity(node: Buffer): Buffer {
  const standard = rewrite(node, NODE_OP_TYPE, () => Buffer.from('Identity'));
  return rewrite(
    rewrite(standard, NODE_DOMAIN, () => undefined),
    NODE_ATTRIBUTE,
    () => undefined,
  );
}

/** Adds the import of the standard operators if the model has none. */
function withStandardOperators(model: Buffer): Buffer {
  for (const opset of children(model, MODEL_OPSET)) {
    if (['', 'ai.onnx'].includes(text(opset, OPSET_DOMAIN))) return model;
  }
  return Buffer.concat([model, message(MODEL_OPSET, message(OPSET_VERSION, encodeVarint(OPSET), 0))]);
}

function classLabels(node: Buffer): string[] {
  for (const attribute of children(node, NODE_ATTRIBUTE)) {
    const name = text(attribute, ATTRIBUTE_NAME);
    if (name === 'classlabels_strings') return [...children(attribute, ATTRIBUTE_STRINGS)].map(String);
    if (name === 'classlabels_int64s') return integers(attribute).map(String);
  }
  return [];
}

/** Returns the values of the field `ints`, whether or not they are packed. */
function integers(attribute: Buffer): bigint[] {
  const values: bigint[] = [];
  for (const field of fields(attribute)) {
    if (field.number !== ATTRIBUTE_INTS) continue;
    for (let at = field.start; at < field.end; ) {
      const { value, next } = varint(attribute, at);
      values.push(BigInt.asIntN(64, value));
      at = next;
    }
  }
  return values;
}

/** Returns the TypeProto of `tensor(float)` with the shape [?, `classes`]. */
function probabilityType(classes: number): Buffer {
  const size = message(1, encodeVarint(classes), 0);
  const shape = Buffer.concat([message(1, Buffer.alloc(0)), message(1, size)]);
  return message(1, Buffer.concat([message(1, encodeVarint(1), 0), message(2, shape)]));
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Offset of the tag. */
  readonly tag: number;
  /** Offset of the content. A varint's content is its bytes. */
  readonly start: number;
  readonly end: number;
}

function* fields(bytes: Buffer): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const { value: key, next } = varint(bytes, at);
    const wireType = Number(key & 7n);
    let start = next;
    let end = next + (wireType === 1 ? 8 : 4);
    if (wireType === 0) end = varint(bytes, next).next;
    else if (wireType === 2) {
      const length = varint(bytes, next);
      start = length.next;
      end = start + Number(length.value);
    }
    yield { number: Number(key >> 3n), wireType, tag: at, start, end };
    at = end;
  }
}

function* children(bytes: Buffer, number: number): Generator<Buffer> {
  for (const field of fields(bytes)) {
    if (field.number === number && field.wireType === 2) yield bytes.subarray(field.start, field.end);
  }
}

function text(bytes: Buffer, number: number): string {
  for (const child of children(bytes, number)) return child.toString();
  return '';
}

/** Rewrites each field `number` of a message with `change`, and removes the fields for which it returns undefined. */
function rewrite(bytes: Buffer, number: number, change: (content: Buffer) => Buffer | undefined): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields(bytes)) {
    if (field.number !== number || field.wireType !== 2) {
      parts.push(bytes.subarray(field.tag, field.end));
      continue;
    }
    const changed = change(bytes.subarray(field.start, field.end));
    if (changed) parts.push(message(number, changed));
  }
  return Buffer.concat(parts);
}

function message(number: number, content: Buffer, wireType = 2): Buffer {
  const tag = encodeVarint(number * 8 + wireType);
  return Buffer.concat(wireType === 2 ? [tag, encodeVarint(content.length), content] : [tag, content]);
}

function varint(bytes: Buffer, at: number): { value: bigint; next: number } {
  let value = 0n;
  for (let shift = 0n, next = at; next < bytes.length && shift < 70n; shift += 7n) {
    const byte = bytes[next++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next };
  }
  throw new RangeError('the model is cut off');
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
