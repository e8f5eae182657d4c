import { readFile, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { invalid } from '../../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import { MAX_PARSED_BYTES } from '../additive-model.js';
import type { LoadedModel } from '../engine.js';
import { readXgboost, type XgboostModel } from './xgboost-file.js';

/** Maximum number of values of the rows that packing compares, which take 32 MB. */
const MAX_EDGE_VALUES = 2 ** 22;

/** Number of trees evaluated before other work on the event loop gets its turn, which takes about a millisecond. */
const TREES_PER_SLICE = 10_000;

/**
 * Loads a model that XGBoost saved into this process.
 *
 * @returns undefined if this process cannot compute its predictions exactly
 */
export async function loadTrees(path: string): Promise<TreesModel | undefined> {
  if ((await stat(path)).size > MAX_PARSED_BYTES) return undefined;
  const model = readXgboost(await readFile(path));
  return model && new TreesModel(model);
}

/** A model of XGBoost in this process. It has the signature and the predictions of the Python worker. */
export class TreesModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Runs take turns after each slice, so that a small one does not wait for a large one. */
  readonly concurrency = 2;
  /** Number of predictions of a row. */
  private readonly width: number;

  constructor(private readonly model: XgboostModel) {
    const { forest, objective, names } = model;
    this.width = objective.isSingle ? 1 : forest.outputs;
    const inputs = [
      { name: 'features', datatype: 'FP64', shape: [-1, forest.columns], ...(names && { labels: names }) },
    ] as const;
    const outputs = [{ name: objective.output ?? 'prediction', datatype: 'FP32', shape: this.shapeOf(-1) }] as const;
    this.signatures = { [DEFAULT_SIGNATURE]: { inputs, outputs } };
  }

  async run([input]: readonly Tensor[]): Promise<Tensor[]> {
    const { columns, trees } = this.model.forest;
    const values = input!.data as Float64Array;
    const count = input!.shape[0]!;
    const data = new Float32Array(count * this.width);
    const step = Math.ceil(TREES_PER_SLICE / Math.max(1, trees));
    for (let start = 0; start < count; start += step) {
      if (start > 0) await setImmediate();
      const end = Math.min(count, start + step);
      this.predict(
        values.subarray(start * columns, end * columns),
        data.subarray(start * this.width, end * this.width),
      );
    }
    const [{ name, datatype }] = this.signatures[DEFAULT_SIGNATURE]!.outputs as [Tensor];
    return [{ name, datatype, shape: this.shapeOf(count), data }];
  }

  /**
   * Returns rows on which the paths through the trees differ: each value is at a threshold, just below it, or missing.
   *
   * @param wanted number of rows. Models of thousands of columns get fewer
   */
  edgeRows(wanted: number): Tensor {
    const { forest } = this.model;
    const thresholds = forest.thresholds();
    const count = Math.min(wanted, Math.max(1, Math.floor(MAX_EDGE_VALUES / forest.columns)));
    const data = new Float64Array(count * forest.columns);
    for (let index = 0; index < data.length; index++) {
      const values = thresholds[index % forest.columns]!;
      // A multiplicative hash picks a threshold and a kind, the same in every run.
      const hash = Math.imul(index + 1, 0x9e3779b1) >>> 0;
      const threshold = values.length === 0 ? 0 : values[(hash >>> 8) % values.length]!;
      const value = [threshold, floatBelow(threshold), threshold + 1, Number.NaN][hash % 4]!;
      // Infinite values are rejected.
      data[index] = Number.isFinite(value) ? value : Number.NaN;
    }
    return { name: 'features', datatype: 'FP64', shape: [count, forest.columns], data };
  }

  async close(): Promise<void> {}

  private predict(values: Float64Array, predictions: Float32Array): void {
    const { forest, objective, margins } = this.model;
    const rows = new Float32Array(values);
    if (rows.some((value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)) {
      throw invalid('input features has an infinite value, or one too large for 32-bit floats, which XGBoost rejects');
    }
    const count = predictions.length / this.width;
    const sums = new Float32Array(count * forest.outputs);
    for (let index = 0; index < sums.length; index++) sums[index] = margins[index % margins.length]!;
    forest.addLeaves(rows, count, sums);
    for (let row = 0; row < count; row++) {
      const own = sums.subarray(row * forest.outputs, (row + 1) * forest.outputs);
      objective.transform?.(own);
      predictions.set(own.subarray(0, this.width), row * this.width);
    }
  }

  private shapeOf(rows: number): number[] {
    return this.width === 1 ? [rows] : [rows, this.width];
  }
}

/** Returns the largest 32-bit float below another one. */
function floatBelow(float: number): number {
  if (float === 0) return -(2 ** -149);
  const bits = new Int32Array(Float32Array.of(float).buffer);
  bits[0]! += float > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}
