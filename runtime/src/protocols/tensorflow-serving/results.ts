import { InferenceError, invalid } from '../../tensor/errors.js';
import { JsonWriter } from '../../tensor/json/index.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';

/** Method of signatures that classify examples. */
export const CLASSIFY_METHOD = 'tensorflow/serving/classify';

/** Method of signatures that regress examples. */
export const REGRESS_METHOD = 'tensorflow/serving/regress';

/** A class and its score. */
export interface Classification {
  readonly label: string;
  readonly score: number;
}

/**
 * Returns every class with its score for each example.
 *
 * The scores are the first floating-point output. The labels are the bytes output if there is one, otherwise the
 * signature's labels of the last dimension, otherwise the indices. As in TensorFlow Serving, they are empty for a
 * SavedModel's classification signature without a bytes output.
 *
 * @throws InferenceError `FAILED_PRECONDITION` if the model returns no scores of a suitable shape
 */
export function classifications(signature: Signature, outputs: readonly Tensor[], size: number): Classification[][] {
  const scores = floats(outputs);
  const classes = outputs.find((output) => output.datatype === 'BYTES');
  const width = widthOf(scores, size);
  const names = signature.outputs.find((output) => output.name === scores?.name)?.labels;
  const unnamed = (column: number) => (signature.methodName === CLASSIFY_METHOD ? '' : String(column));
  const isLabelled = classes && widthOf(classes, size) === width;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: width }, (_, column) => {
      const index = row * width + column;
      const label = isLabelled
        ? (classes.data[index] as Buffer).toString('utf8')
        : (names?.[column] ?? unnamed(column));
      return { label, score: Number(scores!.data[index]) };
    }),
  );
}

/**
 * Returns the model's value for each example.
 *
 * @throws InferenceError `FAILED_PRECONDITION` if the model does not return exactly one value per example
 */
export function regressions(outputs: readonly Tensor[], size: number): number[] {
  const values = floats(outputs);
  if (widthOf(values, size) !== 1) {
    throw new InferenceError(
      'FAILED_PRECONDITION',
      `Expected output Tensor shape to be either [${size}] or [${size}, 1] but got [${values?.shape}]`,
    );
  }
  return Array.from({ length: size }, (_, row) => Number(values!.data[row]));
}

/** Encodes classifications: a list of label and score pairs for each example. */
export function encodeClassifications(results: readonly Classification[][]): Buffer | string {
  if (results.length === 0) throw invalid('Cannot convert empty ClassificationResults to JSON');
  const writer = new JsonWriter();
  writer.raw('{\n    "results": [');
  for (const [row, classes] of results.entries()) {
    writer.raw(row > 0 ? ', [' : '[');
    for (const [column, { label, score }] of classes.entries()) {
      writer.raw(column > 0 ? ', [' : '[');
      writer.string(label);
      writer.raw(', ');
      writer.decimal(Math.fround(score), true);
      writer.raw(']');
    }
    writer.raw(']');
  }
  writer.raw('\n    ]\n}');
  return writer.finish();
}

/** Encodes regressions: one value for each example. */
export function encodeRegressions(results: readonly number[]): Buffer | string {
  if (results.length === 0) throw invalid('Cannot convert empty RegressionResults to JSON');
  const writer = new JsonWriter();
  writer.raw('{\n    "results": [');
  for (const [index, value] of results.entries()) {
    if (index > 0) writer.raw(', ');
    writer.decimal(Math.fround(value), true);
  }
  writer.raw(']\n}');
  return writer.finish();
}

function floats(outputs: readonly Tensor[]): Tensor | undefined {
  return outputs.find((output) => output.datatype === 'FP32' || output.datatype === 'FP64');
}

function widthOf(output: Tensor | undefined, size: number): number {
  if (!output || output.shape[0] !== size || output.shape.length > 2) {
    throw new InferenceError(
      'FAILED_PRECONDITION',
      output
        ? `Expected output Tensor shape to be [${size}] or [${size}, n] but got [${output.shape}]`
        : 'Expected an output of floating-point numbers, the model has none',
    );
  }
  return output.shape[1] ?? 1;
}
