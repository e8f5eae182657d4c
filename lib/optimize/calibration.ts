import type { Signature, Tensor } from '@modelship/runtime';
import { floatsOf, splitRows } from '@modelship/runtime/serve';
import type { SampledBatch } from '../evaluate/row-sample.js';
import type { CalibrationTensor, ConversionRequest } from './converters.js';
import { OptimizationError } from './optimization-error.js';

/** Rows of a data set that show the ranges of values. More change the ranges little. */
const CALIBRATION_ROWS = 256;

/** Most numbers that are passed on, which take some seconds to parse. */
const MOST_NUMBERS = 10_000_000;

/** Datatypes whose values have no ranges, or that NumPy does not have. */
const WITHOUT_RANGES = ['BYTES', 'BF16'];

/**
 * Returns requests that show the ranges of values within the model: golden samples, and the first rows of a data set.
 *
 * @param samples inputs of the samples
 * @param most most numbers that are passed on, but for those of the first request
 * @throws OptimizationError if an input is not of numbers that NumPy has
 */
export async function calibrationRequests(
  { inputs }: Signature,
  samples: readonly (readonly Tensor[])[],
  rows: AsyncIterable<SampledBatch> | undefined,
  most = MOST_NUMBERS,
): Promise<NonNullable<ConversionRequest['calibration']>> {
  const other = inputs.find(({ datatype }) => WITHOUT_RANGES.includes(datatype));
  if (other) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `the input ${other.name} has the datatype ${other.datatype}, and ranges are taken from numbers. Use --to int8.`,
    );
  }
  const requests: Readonly<Record<string, CalibrationTensor>>[] = [];
  let numbers = 0;
  /** Returns whether there is room for more. */
  const add = (request: readonly Tensor[]) => {
    numbers += request.reduce((sum, { data }) => sum + data.length, 0);
    // There are no ranges without any request.
    if (numbers > most && requests.length > 0) return false;
    requests.push(Object.fromEntries(request.map((tensor) => [tensor.name, calibrationTensor(tensor)])));
    return true;
  };
  if (!samples.every(add)) return requests;
  let count = 0;
  for await (const batch of rows ?? []) {
    // A batch may have more numbers than fit, such as 256 pictures.
    const counts = batch.rows.map(() => 1);
    const parts = splitRows(batch.inputs, counts, counts.length) ?? [batch.inputs];
    count += counts.length;
    if (!parts.every(add) || count >= CALIBRATION_ROWS) break;
  }
  return requests;
}

function calibrationTensor(tensor: Tensor): CalibrationTensor {
  const { datatype, shape } = tensor;
  const data = datatype === 'FP16' ? floatsOf(tensor) : tensor.data;
  return { data: Array.from(data as ArrayLike<number | bigint>, Number), datatype, shape };
}
