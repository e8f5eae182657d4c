import type { Tolerance } from '../pack/options.js';

/** How close the answers of two models must be. */
export interface Limits {
  /** Differences that are always accepted. */
  readonly tolerance: Tolerance;
  /** Least signal-to-quantization-noise ratio of answers beyond the tolerance, in decibels. @default - none is accepted */
  readonly leastSqnr?: number | undefined;
}

/** What a conversion does to a model. */
export interface Conversion {
  /** Description, after "Convert". */
  readonly summary: string;
  /**
   * Least signal-to-quantization-noise ratio of an answer, in decibels: 20 log10(|before| / |before - after|), with the
   * norms of the answer's numbers. Conversions to fewer bits change every number, and small numbers as much as large ones.
   * ADR 0250 has the source of each limit.
   *
   * @default - none, as the conversion keeps every answer
   */
  readonly leastSqnr?: number;
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
  fp16: { summary: 'to 16-bit floats', leastSqnr: 40 },
  int8: { summary: 'to 8-bit weights, with ranges of values that each run computes', leastSqnr: 20 },
  'int8-static': {
    summary: 'to 8-bit weights, with ranges of values from samples and rows',
    leastSqnr: 20,
    calibrates: true,
  },
};
