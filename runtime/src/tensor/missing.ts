import { allocate, type Datatype, type TensorData } from './datatype.js';
import { shortFloatOf } from './float16.js';
import type { Tensor, TensorSpec } from './tensor.js';

/**
 * The missing string, distinguished from an empty string by identity. It occurs only in inputs of tables, and the
 * engines that run tabular models support it.
 */
export const MISSING_TEXT: Buffer = Buffer.alloc(0);

/** Whether a string of a table is the missing one. */
export function isMissing(bytes: Buffer): boolean {
  return bytes === MISSING_TEXT;
}

/** Returns the element that represents a missing value; 0 for integers, which cannot be missing. */
export function missingElement(datatype: Datatype): number | bigint | Buffer {
  if (datatype === 'BYTES') return MISSING_TEXT;
  if (datatype === 'INT64' || datatype === 'UINT64') return 0n;
  const isFloat = datatype === 'FP32' || datatype === 'FP64';
  return isFloat ? Number.NaN : (shortFloatOf(datatype)?.fromNumber(Number.NaN) ?? 0);
}

/** Returns a column of missing values, for an input that the model ignores. */
export function missingColumn({ name, datatype }: TensorSpec, rows: number): Tensor {
  const data = (allocate(datatype, rows) as unknown[]).fill(missingElement(datatype));
  return { name, datatype, shape: [rows], data: data as unknown as TensorData };
}
