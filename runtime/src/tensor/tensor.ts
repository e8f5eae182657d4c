import type { Datatype, TensorData } from './datatype.js';

/** What a signature says of one input or output. A dimension of -1 may have any size. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Names of the classes along the last dimension; of an input, of its columns. */
  readonly labels?: readonly string[];
  /**
   * Whether elements are cells of a table: texts may be missing, and booleans stand for the numbers 1 and 0. Floats of
   * every model may be missing, as NaN.
   *
   * @default false
   */
  readonly tabular?: boolean;
  /** Whether the model ignores the input: requests may leave it out, and its values are not read. @default false */
  readonly unused?: boolean;
}

/** Inputs and outputs of one way to call a model. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Whether the order of the inputs is the model's own, so that a row may list values by place. @default false */
  readonly ordered?: boolean;
  /** Whether Open Inference requests must use the exact names and datatypes of the inputs. @default false */
  readonly strict?: boolean;
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
