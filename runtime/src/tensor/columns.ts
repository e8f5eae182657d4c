import { typedArrayOf } from './datatype.js';
import { invalid } from './errors.js';
import type { Signature, Tensor, TensorSpec } from './tensor.js';

/** Whether an input has one value per row. */
function isColumn({ shape }: TensorSpec): boolean {
  return shape[0] === -1 && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
}

/** Returns the name of a column of a tensor, for people. */
export function columnName({ name, shape, labels }: TensorSpec, index: number): string {
  return labels?.[index] ?? ((shape[1] ?? 1) === 1 ? name : `${name}[${index}]`);
}

/**
 * Returns the columns of the table that a signature takes, in row order. They are its inputs, if several take one value
 * each, or the labeled columns of its only input.
 *
 * @returns undefined if the inputs do not form a table
 */
export function columnsOf({ inputs }: Signature): readonly TensorSpec[] | undefined {
  const [only] = inputs;
  if (inputs.length > 1) return inputs.every(isColumn) ? inputs : undefined;
  const { labels, shape, datatype, tabular } = only!;
  if (!labels || shape.length !== 2 || shape[1] !== labels.length) return undefined;
  return labels.map((name) => ({ name, datatype, shape: [-1], tabular }));
}

/**
 * Returns the inputs of a signature from the values of each of its columns, which have the shape [rows].
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the columns differ in length
 */
export function inputsFromColumns({ inputs }: Signature, columns: readonly Tensor[]): Tensor[] {
  const rows = columns[0]!.data.length;
  const other = columns.find(({ data }) => data.length !== rows);
  if (other) throw invalid(`column ${other.name} has ${other.data.length} values, column ${columns[0]!.name} ${rows}`);
  if (inputs.length > 1) {
    return columns.map((column, index) => ({ ...column, shape: [rows, ...inputs[index]!.shape.slice(1)] }));
  }
  const { name, datatype } = inputs[0]!;
  const width = columns.length;
  const size = rows * width;
  const data = (datatype === 'BYTES' ? new Array(size) : new (typedArrayOf(datatype))(size)) as unknown[];
  for (const [place, column] of columns.entries()) {
    for (let row = 0; row < rows; row++) data[row * width + place] = column.data[row];
  }
  return [{ name, datatype, shape: [rows, width], data: data as unknown as Tensor['data'] }];
}
