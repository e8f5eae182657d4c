import type { Model } from '../../../model/model.js';

/** Longest JSON of an element, by the datatypes of the Open Inference Protocol; of a text, what labels usually need. */
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

/** Of the shortest, with what stands before the next. */
const SHORTEST_ELEMENT_BYTES = 2;

/** Bytes of JSON that the prediction for one row may have. Lengths that vary count as short as they can be. */
export function predictionBytes({ manifest }: Model): number {
  // With what stands between elements, and around the name and the list.
  return manifest.outputs.reduce(
    (sum, { name, datatype, shape }) => sum + elements(shape) * (ELEMENT_BYTES[datatype] + 1) + name.length + 6,
    2,
  );
}

/** Bytes of JSON that the prediction for one row has at least. */
export function smallestPredictionBytes({ manifest }: Model): number {
  return manifest.outputs.reduce((sum, { shape }) => sum + elements(shape) * SHORTEST_ELEMENT_BYTES, 0);
}

const elements = (shape: readonly number[]) => shape.reduce((size, axis) => size * Math.abs(axis), 1);
