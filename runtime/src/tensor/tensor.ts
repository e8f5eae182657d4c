import type { Datatype, TensorData } from './datatype.js';

/** What a signature says of one input or output. A dimension of -1 may have any size. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Names of the classes along the last dimension. */
  readonly labels?: readonly string[];
}

/** Inputs and outputs of one way to call a model. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** A named array of numbers or byte strings, row-major. `data` has as many elements as the shape's product. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** The number of elements of a shape without open dimensions; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Whether `shape` is allowed where `allowed` is asked, -1 standing for any size. */
export function shapeFits(shape: readonly number[], allowed: readonly number[]): boolean {
  return shape.length === allowed.length && allowed.every((size, axis) => size === -1 || size === shape[axis]);
}
