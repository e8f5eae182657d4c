import type { Tolerance } from '../pack/options.js';

/** Largest difference of a number: an amount, or a share of the largest number of the answer. */
export type Allowance = Tolerance | { readonly ofLargest: number };

/** What a conversion does to a model. */
export interface Conversion {
  /** Description, after "Convert". */
  readonly summary: string;
  /**
   * Largest difference of a number, as a share of the largest number of the answer. Conversions to fewer bits change every
   * number, and small numbers as much as large ones.
   *
   * @default - the tolerance of the package, as the conversion keeps every answer
   */
  readonly ofLargest?: number;
  /** Whether samples of the package show the conversion the ranges of the values within the model. @default false */
  readonly calibrates?: boolean;
}

/** Names of the conversions, in the order of the help. */
export const CONVERSION_NAMES = ['onnx', 'graph', 'fp16', 'int8', 'int8-static'] as const;

/** Name of a conversion. */
export type ConversionName = (typeof CONVERSION_NAMES)[number];

/** Conversions by their names. All but `onnx` change an ONNX model, and convert others to ONNX first. */
export const CONVERSIONS: Readonly<Record<ConversionName, Conversion>> = {
  onnx: { summary: 'to ONNX, by the converter of its framework' },
  graph: { summary: 'to a simpler graph, by onnxslim and ONNX Runtime' },
  fp16: { summary: 'to 16-bit floats', ofLargest: 0.01 },
  int8: { summary: 'to 8-bit weights, with ranges of values that each run computes', ofLargest: 0.1 },
  'int8-static': {
    summary: 'to 8-bit weights, with ranges of values from the samples of the package',
    ofLargest: 0.1,
    calibrates: true,
  },
};
