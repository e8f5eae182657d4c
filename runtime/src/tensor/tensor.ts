import type { Datatype, TensorData } from './datatype.js';

/** Specification of one input or output. A dimension of -1 may have any size. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Whether tensors may have any number of dimensions, so that `shape` is empty. @default false */
  readonly unknownRank?: boolean;
  /** Class names along the last dimension of an output, or column names of an input. */
  readonly labels?: readonly string[];
  /** Strings that the model was fitted with, for an input of categories. Requests may send others. */
  readonly categories?: readonly string[];
  /**
   * Whether elements are cells of a table: strings may be missing, and booleans represent the numbers 1 and 0. Floats
   * may be missing in any model, as NaN.
   *
   * @default false
   */
  readonly tabular?: boolean;
  /** Tensor of a SavedModel's graph that it stands for. @default - the model is not a SavedModel */
  readonly graph?: GraphTensor;
  /** Whether the model ignores the input. Requests may omit it, and its values are not read. @default false */
  readonly unused?: boolean;
}

/** Tensor of a TensorFlow graph, as the metadata of its model describes it. */
export interface GraphTensor {
  /** Name of the tensor, such as `x:0`. */
  readonly name: string;
  /** Whether the graph declares no rank. @default false */
  readonly unknownRank?: boolean;
}

/** Name of the signature that requests use by default. Every model has it. */
export const DEFAULT_SIGNATURE = 'serving_default';

/** Inputs and outputs of one way to call a model. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Whether the inputs are in the model's own order, so that a row may list values by position. @default false */
  readonly ordered?: boolean;
  /** Method of a SavedModel's signature, such as `tensorflow/serving/classify`. @default - the model is not a SavedModel */
  readonly methodName?: string;
  /** Whether Open Inference requests must use the exact names and datatypes of the inputs. @default false */
  readonly strict?: boolean;
}

/** A named array of numbers or byte strings in row-major order. The length of `data` is the product of the shape. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Returns the number of elements of a shape without dynamic dimensions; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Whether `shape` matches `allowed`, in which -1 means any size. */
export function shapeFits(shape: readonly number[], allowed: readonly number[]): boolean {
  return shape.length === allowed.length && allowed.every((size, axis) => size === -1 || size === shape[axis]);
}

/** Whether tensors of `shape` match the specification of an input or output. */
export function shapeFitsSpec(shape: readonly number[], spec: Pick<TensorSpec, 'shape' | 'unknownRank'>): boolean {
  return spec.unknownRank || shapeFits(shape, spec.shape);
}

/** Formats the shape of a specification for people. */
export function shapeText({ shape, unknownRank }: Pick<TensorSpec, 'shape' | 'unknownRank'>): string {
  return unknownRank ? 'any shape' : `[${shape.join(', ')}]`;
}
