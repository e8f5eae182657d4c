import type { TensorData } from './datatype.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from './tensor.js';

/**
 * Whether requests of this signature can be batched: each input and output accepts any number of rows. The first
 * dimension of an input of unknown rank may not be rows. An output of unknown rank is checked in each batch.
 */
export function isBatchable({ inputs, outputs }: Signature): boolean {
  const hasRows = ({ shape }: TensorSpec) => shape[0] === -1;
  return inputs.every(hasRows) && outputs.every((spec) => spec.unknownRank || hasRows(spec));
}

/** Returns the number of rows in a request. Undefined if its inputs disagree, so that it must run alone. */
export function rowsOf(inputs: readonly Tensor[]): number | undefined {
  const rows = inputs[0]?.shape[0];
  if (rows === undefined || rows === 0) return undefined;
  for (let index = 1; index < inputs.length; index++) if (inputs[index]!.shape[0] !== rows) return undefined;
  return rows;
}

/** Whether two requests of one signature differ only in their values and their number of rows. */
export function sameRowShape(left: readonly Tensor[], right: readonly Tensor[]): boolean {
  for (let index = 0; index < left.length; index++) {
    if (left[index]!.datatype !== right[index]!.datatype) return false;
    const one = left[index]!.shape;
    const other = right[index]!.shape;
    if (one.length !== other.length) return false;
    for (let axis = 1; axis < one.length; axis++) if (one[axis] !== other[axis]) return false;
  }
  return true;
}

/** Concatenates the rows of several requests. */
export function joinRows(requests: readonly (readonly Tensor[])[], rows: number): Tensor[] {
  return requests[0]!.map((first, index) => ({
    name: first.name,
    datatype: first.datatype,
    shape: [rows, ...first.shape.slice(1)],
    data: concatenate(requests.map((inputs) => inputs[index]!.data)),
  }));
}

/** Whether each output has `rows` rows. */
export function hasRows(outputs: readonly Tensor[], rows: number): boolean {
  for (const { shape } of outputs) if (shape[0] !== rows) return false;
  return true;
}

/**
 * Splits the rows of the outputs among the requests.
 *
 * @returns undefined if an output does not have one row for each input row
 */
export function splitRows(outputs: readonly Tensor[], counts: readonly number[], rows: number): Tensor[][] | undefined {
  if (!hasRows(outputs, rows)) return undefined;
  const sizes = outputs.map((output) => elementCount(output.shape) / rows);
  let start = 0;
  return counts.map((count) => {
    const from = start;
    start += count;
    return outputs.map((output, index) => ({
      name: output.name,
      datatype: output.datatype,
      shape: [count, ...output.shape.slice(1)],
      data: part(output.data, from * sizes[index]!, start * sizes[index]!),
    }));
  });
}

function concatenate(parts: readonly TensorData[]): TensorData {
  const first = parts[0]!;
  if (Array.isArray(first)) return (parts as Buffer[][]).flat();
  let length = 0;
  for (const each of parts) length += each.length;
  const joined = new (first.constructor as new (length: number) => Float32Array)(length);
  let at = 0;
  for (const each of parts as Float32Array[]) {
    joined.set(each, at);
    at += each.length;
  }
  return joined;
}

function part(data: TensorData, start: number, end: number): TensorData {
  return Array.isArray(data) ? data.slice(start, end) : data.subarray(start, end);
}
