import { IRIS, samplesOf } from './started-runtime.js';

/** One row of the samples, as a line of a file and as the model's own framework answers it. */
export interface Row {
  readonly line: { readonly features: readonly number[] };
  readonly golden: Readonly<Record<string, readonly number[]>>;
}

/** Every row of the samples. */
export const rows: Row[] = samplesOf(IRIS).flatMap(({ request, response }) => {
  const [{ data }] = (request as { inputs: [{ data: number[] }] }).inputs;
  return Array.from({ length: data.length / 4 }, (_, row) => ({
    line: { features: data.slice(4 * row, 4 * row + 4) },
    golden: Object.fromEntries(
      response.outputs.map(({ name, data: values }) => {
        const size = (values.length * 4) / data.length;
        return [name, values.slice(row * size, (row + 1) * size)];
      }),
    ),
  }));
});
/** A file of JSON Lines. */
export const lines = (...items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');
/** All of them, as a file. */
export const golden = lines(...rows.map(({ line }) => line));
/** A row that the model refuses. */
export const WRONG = { features: [1] };
