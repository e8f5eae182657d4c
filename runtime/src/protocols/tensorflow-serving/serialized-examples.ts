import type { Signature, Tensor, TensorSpec } from '../../tensor/tensor.js';
import type { Example, Feature } from './examples.js';

// Field numbers in feature.proto and example.proto.
const EXAMPLE_FEATURES = 1;
const FEATURES_ENTRY = 1;
const ENTRY_NAME = 1;
const ENTRY_FEATURE = 2;
const FEATURE_LISTS = { bytes: 1, float: 2, int64: 3 } as const;
const LIST_VALUES = 1;

/** Wire type of fields with a length. */
const LENGTH_DELIMITED = 2;

/**
 * Whether a signature of a SavedModel parses serialized examples itself: its only input is a vector of strings, and it
 * is a classification or regression signature or no example has a feature with the name of the input.
 */
export function parsesExamples({ inputs, methodName }: Signature, examples: readonly Example[]): boolean {
  const [only] = inputs;
  if (methodName === undefined || inputs.length !== 1 || only!.datatype !== 'BYTES' || only!.shape.length > 1)
    return false;
  return /\/(classify|regress)$/.test(methodName) || !examples.some((example) => example.has(only!.name));
}

/** Returns the vector of examples as serialized `tf.Example` messages. */
export function serializedInput({ name, datatype }: TensorSpec, examples: readonly Example[]): Tensor {
  return { name, datatype, shape: [examples.length], data: examples.map(serialized) };
}

function serialized(example: Example): Buffer {
  const entries = [...example].map(([name, feature]) =>
    message(FEATURES_ENTRY, [
      message(ENTRY_NAME, [Buffer.from(name)]),
      message(ENTRY_FEATURE, [featureBytes(feature)]),
    ]),
  );
  return message(EXAMPLE_FEATURES, entries);
}

function featureBytes({ kind, values }: Feature): Buffer {
  if (kind === undefined) return Buffer.alloc(0);
  if (kind === 'bytes') {
    return message(
      FEATURE_LISTS.bytes,
      (values as Buffer[]).map((value) => message(LIST_VALUES, [value])),
    );
  }
  // Lists of numbers are packed.
  const packed = kind === 'float' ? floats(values as number[]) : (values as bigint[]).map(varint);
  return message(FEATURE_LISTS[kind], [message(LIST_VALUES, packed)]);
}

function floats(values: readonly number[]): Buffer[] {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, 4 * index);
  return [bytes];
}

/** Returns a field whose content is the concatenation of `parts`. */
function message(number: number, parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([varint(BigInt(number * 8 + LENGTH_DELIMITED)), varint(BigInt(size)), ...parts]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  // Negative numbers take ten bytes, as their 64-bit two's complement.
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
