import type { Model } from '../../../model/model.js';

/** Maximum JSON length of an element, by Open Inference Protocol datatype. For text, it is what labels usually need. */
const ELEMENT_BYTES = {
  BOOL: 5,
  UINT8: 3,
  UINT16: 5,
  UINT32: 10,
  UINT64: 20,
  INT8: 4,
  INT16: 6,
  INT32: 11,
  INT64: 20,
  FP16: 15,
  BF16: 15,
  FP32: 15,
  FP64: 24,
  BYTES: 64,
} as const;

/** Minimum JSON length of an element with its separator. */
const SHORTEST_ELEMENT_BYTES = 2;

/** Maximum JSON size in bytes of the prediction for one row. Variable dimensions count with their minimum length. */
export function predictionBytes({ manifest }: Model): number {
  // The sum includes separators between elements, and the name and brackets around the list.
  return manifest.outputs.reduce(
    (sum, { name, datatype, shape }) => sum + elements(shape) * (ELEMENT_BYTES[datatype] + 1) + name.length + 6,
    2,
  );
}

/** Minimum JSON size in bytes of the prediction for one row. */
export function smallestPredictionBytes({ manifest }: Model): number {
  return manifest.outputs.reduce((sum, { shape }) => sum + elements(shape) * SHORTEST_ELEMENT_BYTES, 0);
}

const elements = (shape: readonly number[]) => shape.reduce((size, axis) => size * Math.abs(axis), 1);
