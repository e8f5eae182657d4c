import { FileBytes } from './file-bytes.js';
import { type ProtobufField, protobufFields } from './protobuf.js';

// Field numbers in onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_VALUES = [11, 12];
const VALUE_NAME = 1;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_SHAPE = 2;

/**
 * Returns the names of the inputs and outputs of an ONNX model that declare a shape. A scalar declares an empty shape,
 * which ONNX Runtime reports in the same way as a missing one.
 */
export function namesWithShape(source: string): ReadonlySet<string> {
  const file = new FileBytes(source);
  try {
    const names = new Set<string>();
    for (const graph of messages(file, [MODEL_GRAPH])) {
      for (const value of messages(file, GRAPH_VALUES, graph)) {
        if (!hasShape(file, value)) continue;
        for (const { start, end } of messages(file, [VALUE_NAME], value)) {
          names.add(file.read(start, end - start).toString('utf8'));
        }
      }
    }
    return names;
  } finally {
    file.close();
  }
}

function hasShape(file: FileBytes, value: ProtobufField): boolean {
  for (const type of messages(file, [VALUE_TYPE], value)) {
    for (const tensor of messages(file, [TYPE_TENSOR], type)) {
      if (!messages(file, [TENSOR_SHAPE], tensor).next().done) return true;
    }
  }
  return false;
}

/** Iterates over the messages in some fields of `parent`; by default of the whole file. */
function* messages(file: FileBytes, numbers: readonly number[], parent?: ProtobufField): Generator<ProtobufField> {
  for (const field of protobufFields(file, parent?.start, parent?.end)) {
    if (numbers.includes(field.number) && field.wireType === 2) yield field;
  }
}
