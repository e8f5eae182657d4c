import { readFileSync } from 'node:fs';
import { InferenceError, type Tensor } from '@modelship/runtime';
import { arraysFromNpz } from '@modelship/runtime/serve';
import { EvaluationDataError } from './metrics/compute.js';

/** Maximum size of the decompressed arrays of a file, which is read as a whole. */
const MAXIMUM_BYTES = 4 * 1024 ** 3;

/** Values of a row by the name of the array. */
export type NpzRow = Readonly<Record<string, unknown>>;

/**
 * Reads the rows of the arrays that `numpy.savez` saved: the first dimension of each array. Further dimensions are lists.
 *
 * @throws EvaluationDataError if the file cannot be read, or the arrays have different numbers of rows
 */
export async function* npzRows(path: string): AsyncGenerator<NpzRow> {
  const arrays = await readArrays(path);
  const [first] = arrays;
  for (const { name, shape } of arrays) {
    if (shape[0] === undefined) {
      throw new EvaluationDataError(
        `${path} has the array ${name} without dimensions, and must have a row of it for each label.`,
      );
    }
    if (shape[0] !== first!.shape[0]) {
      throw new EvaluationDataError(
        `${path} has ${first!.shape[0]} rows of ${first!.name} and ${shape[0]} of ${name}. Give each array the same number of rows.`,
      );
    }
  }
  for (let row = 0; row < (first?.shape[0] ?? 0); row++) {
    yield Object.fromEntries(arrays.map((array) => [array.name, valueAt(array, row)]));
  }
}

async function readArrays(path: string): Promise<readonly Tensor[]> {
  try {
    return await arraysFromNpz(readFileSync(path), MAXIMUM_BYTES);
  } catch (error) {
    if (error instanceof InferenceError) throw new EvaluationDataError(`${path}: ${error.message}.`);
    if ((error as NodeJS.ErrnoException).code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new EvaluationDataError(
        `${path} has more than 2 GiB. Save the rows as CSV or JSON Lines, which are read row by row.`,
      );
    }
    throw error;
  }
}

/** Returns the value or list of a row. */
function valueAt({ data, shape: [, ...sizes] }: Tensor, row: number): unknown {
  const width = sizes.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: width }, (_, index) => plain(data[row * width + index]!));
  return sizes.length === 0 ? values[0] : nested(values, sizes.slice(1));
}

function plain(value: Tensor['data'][number]): string | number {
  return Buffer.isBuffer(value) ? String(value) : Number(value);
}

/** Divides values into lists, by the sizes of the inner lists. */
function nested(values: readonly unknown[], sizes: readonly number[]): readonly unknown[] {
  if (sizes.length === 0) return values;
  const size = sizes.reduce((product, each) => product * each, 1);
  const lists = Array.from({ length: values.length / size }, (_, list) => values.slice(list * size, (list + 1) * size));
  return lists.map((list) => nested(list, sizes.slice(1)));
}
