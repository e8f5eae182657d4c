import { allocate, type Datatype, type TensorData } from './datatype.js';
import { shortFloatOf } from './float16.js';
import type { Tensor, TensorSpec } from './tensor.js';

/**
 * The text that is missing, told from the empty one by its identity. It occurs in inputs of tables only, and engines that
 * run those know it.
 */
export const MISSING_TEXT: Buffer = Buffer.alloc(0);

/** The element of a tensor that stands for a missing one; 0 for whole numbers, of which none can be missing. */
export function missingElement(datatype: Datatype): number | bigint | Buffer {
  if (datatype === 'BYTES') return MISSING_TEXT;
  if (datatype === 'INT64' || datatype === 'UINT64') return 0n;
  const isFloat = datatype === 'FP32' || datatype === 'FP64';
  return isFloat ? Number.NaN : (shortFloatOf(datatype)?.fromNumber(Number.NaN) ?? 0);
}

/** A column without values, of an input that the model ignores. */
export function missingColumn({ name, datatype }: TensorSpec, rows: number): Tensor {
  const data = (allocate(datatype, rows) as unknown[]).fill(missingElement(datatype));
  return { name, datatype, shape: [rows], data: data as unknown as TensorData };
}
