import type { Datatype, Tensor } from '@modelship/runtime';
import type { CalibrationTensor } from './converters.js';
import { OptimizationError } from './optimization-error.js';

/** Rows of a data set that show the ranges of values. More change the ranges little. */
export const CALIBRATION_ROWS = 256;

/** Most numbers that are passed on, which take some seconds to parse. */
const MOST_NUMBERS = 10_000_000;

/** Datatypes of NumPy. */
const NUMPY: Partial<Record<Datatype, string>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
};

/**
 * Returns requests as NumPy reads them.
 *
 * @throws OptimizationError if an input is not of numbers that NumPy has
 */
export function calibrationOf(
  requests: readonly (readonly Tensor[])[],
): readonly Readonly<Record<string, CalibrationTensor>>[] {
  let numbers = 0;
  const kept = requests.filter((inputs) => {
    numbers += inputs.reduce((sum, { data }) => sum + data.length, 0);
    return numbers <= MOST_NUMBERS;
  });
  return kept.map((inputs) => Object.fromEntries(inputs.map((tensor) => [tensor.name, tensorOf(tensor)])));
}

function tensorOf({ name, datatype, data, shape }: Tensor): CalibrationTensor {
  const dtype = NUMPY[datatype];
  if (dtype === undefined) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `the input ${name} has the datatype ${datatype}, and ranges are taken from numbers. Use --to int8.`,
    );
  }
  return { data: Array.from(data as ArrayLike<number | bigint>, Number), dtype, shape };
}
