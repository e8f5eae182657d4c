import type { Datatype, Tensor, TensorSpec } from '@modelship/runtime';
import type { SampledBatch } from './row-sample.js';

/** Values that a column has in a sample, without missing ones. */
export interface ColumnRange {
  readonly low: number;
  readonly high: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Ranges of the columns of each numeric input, by its name. */
export type ColumnRanges = ReadonlyMap<string, readonly ColumnRange[]>;

/** Whether a type has floating-point numbers, which JavaScript has too. */
export function isFloating({ datatype }: Pick<TensorSpec, 'datatype'>): boolean {
  return datatype === 'FP32' || datatype === 'FP64';
}

/** Whether an input has numbers that can be changed. */
export function isNumeric(spec: Pick<TensorSpec, 'datatype'>): boolean {
  return isFloating(spec) || INTEGER.test(spec.datatype);
}

const INTEGER = /^(U?)INT(\d+)$/;

/** Returns the numbers of a tensor. */
export function numbersOf({ data }: Tensor): Float64Array {
  return Float64Array.from(data as ArrayLike<number>, Number);
}

/** Returns values in an array of the same class as that of a tensor. */
export function dataLike({ data }: Tensor, values: Iterable<Buffer | number | bigint>): Tensor['data'] {
  return (data.constructor as unknown as { from(values: Iterable<unknown>): Tensor['data'] }).from(values);
}

/** Returns a tensor with other numbers. Those of integers are rounded, and kept within the type. */
export function withNumbers(tensor: Tensor, numbers: Float64Array): Tensor {
  if (isFloating(tensor)) return { ...tensor, data: dataLike(tensor, numbers) };
  const [low, high] = integerRange(tensor.datatype);
  const whole = Array.from(numbers, (value) => Math.min(high, Math.max(low, Math.round(value))));
  return { ...tensor, data: dataLike(tensor, tensor.datatype.endsWith('64') ? whole.map(BigInt) : whole) };
}

function integerRange(datatype: Datatype): [number, number] {
  const [, unsigned, bits] = INTEGER.exec(datatype)!;
  const safe = (value: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, value));
  if (unsigned) return [0, safe(2 ** Number(bits) - 1)];
  return [safe(-(2 ** (Number(bits) - 1))), safe(2 ** (Number(bits) - 1) - 1)];
}

/** Returns the ranges of the columns of all numeric inputs of a sample. All batches have the same inputs. */
export function columnRanges(batches: Iterable<SampledBatch>): ColumnRanges {
  const values = new Map<string, number[][]>();
  for (const { rows, inputs } of batches) {
    const numeric = inputs.filter(isNumeric);
    // Without this, all files of a sample of pictures would be read for nothing.
    if (numeric.length === 0) break;
    for (const input of numeric) {
      const numbers = numbersOf(input);
      const width = numbers.length / rows.length;
      const columns = values.get(input.name) ?? Array.from({ length: width }, (): number[] => []);
      values.set(input.name, columns);
      for (const [index, value] of numbers.entries()) {
        if (Number.isFinite(value)) columns[index % width]?.push(value);
      }
    }
  }
  return new Map([...values].map(([name, columns]) => [name, columns.map(rangeOf)]));
}

function rangeOf(values: readonly number[]): ColumnRange {
  if (values.length === 0) return { low: 0, high: 0, deviation: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    low: values.reduce((low, value) => Math.min(low, value)),
    high: values.reduce((high, value) => Math.max(high, value)),
    deviation: Math.sqrt(variance),
  };
}
