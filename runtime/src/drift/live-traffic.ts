import { floatsOf, shortFloatOf } from '../tensor/float16.js';
import { isMissing } from '../tensor/missing.js';
import type { Tensor } from '../tensor/tensor.js';
import { addTo } from './bins.js';
import type { Reference, ReferenceColumn } from './columns.js';
import { categoryDistances, type DriftMeasure, embeddingDistances, numberDistances } from './distances.js';
import { addValues, type LiveValues, noValues, totalOf } from './live-values.js';
import { estimatePerformance, noScores, type PerformanceEstimate, ScoreCounter } from './performance.js';

/** Values of one request that count, but at least one row. The rows of a larger request are a sample, so that they cost little. */
const VALUES_OF_REQUEST = 100;

/** Fewest rows whose distances are computed. Distances of fewer rows are mostly chance. */
const FEWEST_ROWS = 200;

/** Vectors in a half of the window. */
export interface LiveVectors {
  rows: number;
  /** Sum of the vectors. */
  readonly sums: Float64Array;
}

/** Half of the window. */
export interface LiveHalf {
  /** Number of halves since the epoch. */
  readonly number: number;
  /** Values of each column of the reference data. */
  readonly columns: readonly LiveValues[];
  /** @default - the reference data has no vectors */
  readonly vectors?: LiveVectors | undefined;
  /** Scores of each class, as `noScores` has them. @default - the reference data has no labels */
  readonly scores?: readonly LiveValues[] | undefined;
}

/** Content of `LiveTraffic`, as it is sent between processes. */
export interface LiveTrafficData {
  readonly reference: Reference;
  readonly halfMs: number;
  readonly halves: readonly LiveHalf[];
}

/** Distances of a column, or of the vectors of an output, from the reference data. */
export interface ColumnDrift {
  readonly column: string;
  readonly measures: Partial<Record<DriftMeasure, number>>;
}

/** Column, prepared for counting. */
interface CountedColumn {
  readonly place: number;
  readonly index: number;
  /** Range, and ends of the bins, of numbers. */
  readonly numbers?: { readonly min: number; readonly max: number; readonly edges: Float64Array };
  /** Places of the categories. */
  readonly categories?: ReadonlyMap<string, number>;
}

/** Rows and drift of a window. */
export interface DriftReport {
  /** Number of rows in the window. */
  readonly rows: number;
  /** Distances from the reference data, of each column with enough rows. */
  readonly columns: readonly ColumnDrift[];
  /** Estimated performance of a classifier. @default - the reference data has no labels, or the window has too few rows */
  readonly performance?: PerformanceEstimate | undefined;
}

/**
 * Distributions of the inputs of a model, of its scores, or of the vectors that it makes, in a window of time: the current half of it
 * and the one before. Their memory does not grow with the number of rows.
 */
export class LiveTraffic implements LiveTrafficData {
  halves: readonly LiveHalf[] = [];
  // Private in JavaScript too, so that it is not sent to other processes.
  readonly #counted: ReadonlyMap<string, readonly CountedColumn[]>;
  readonly #rowsOfRequest: number;
  readonly #scores: ScoreCounter | undefined;
  #shape: string | undefined;

  /** @param halfMs milliseconds of half a window. Those of all processes start at the same moments. */
  constructor(
    readonly reference: Reference,
    readonly halfMs: number,
  ) {
    const counted = new Map<string, CountedColumn[]>();
    for (const [place, column] of reference.columns.entries()) {
      const own = counted.get(column.input) ?? [];
      own.push({ place, index: column.index, ...countedBy(column) });
      counted.set(column.input, own);
    }
    this.#counted = counted;
    this.#rowsOfRequest = Math.max(1, Math.floor(VALUES_OF_REQUEST / reference.columns.length));
    this.#scores = reference.performance && new ScoreCounter(reference.performance);
  }

  /** Adds the rows of another process, unless it has other reference data. */
  add({ reference, halves }: LiveTrafficData): void {
    this.#shape ??= shapeOf(this.reference);
    if (shapeOf(reference) !== this.#shape) return;
    for (const half of halves) {
      const newest = this.halves.at(-1)?.number ?? half.number;
      if (half.number >= newest - 1) addHalf(this.halfOf(half.number), half);
    }
  }

  /** Counts the rows of a request. */
  observe(inputs: readonly Tensor[], now = Date.now()): void {
    const { columns } = this.halfOf(Math.floor(now / this.halfMs));
    for (const tensor of inputs) {
      const counted = this.#counted.get(tensor.name);
      const [rows = 0] = tensor.shape;
      if (!counted || rows === 0) continue;
      const width = tensor.data.length / rows;
      const { first, step } = sampleOf(rows, this.#rowsOfRequest);
      for (const column of counted) {
        const values = columns[column.place]!;
        for (let row = first; row < rows; row += step) count(values, column, tensor, row * width + column.index);
      }
    }
  }

  /** Whether outputs of requests are counted. */
  get countsOutputs(): boolean {
    const { embedding, performance } = this.reference;
    return embedding !== undefined || performance !== undefined;
  }

  /** Counts the vectors or the scores in the outputs of a request. */
  observeOutputs(outputs: readonly Tensor[], now = Date.now()): void {
    const half = this.halfOf(Math.floor(now / this.halfMs));
    const { embedding, performance } = this.reference;
    for (const output of outputs) {
      if (output.shape[0] === 0) continue;
      if (output.name === embedding?.output) this.observeVectors(output, half);
      if (output.name === performance?.output) this.observeScores(output, half);
    }
  }

  private observeScores(output: Tensor, { scores }: LiveHalf): void {
    const counter = this.#scores;
    const [rows = 0, width] = output.shape;
    if (!scores || !counter || output.shape.length !== 2 || width !== counter.classes) return;
    const { first, step } = sampleOf(rows, Math.max(1, Math.floor(VALUES_OF_REQUEST / width)));
    const data = floatsOf(output);
    for (let row = first; row < rows; row += step) counter.count(scores, data.subarray(row * width, (row + 1) * width));
  }

  private observeVectors(output: Tensor, { vectors }: LiveHalf): void {
    if (!vectors) return;
    const { length: width } = vectors.sums;
    // Requests may ask for fewer dimensions.
    if (output.shape.length !== 2 || output.shape[1] !== width) return;
    // One vector of a request counts, so that requests of many texts cost little.
    const first = Math.floor(Math.random() * output.shape[0]!) * width;
    const data = floatsOf(output);
    for (let place = 0; place < width; place++) vectors.sums[place]! += data[first + place]!;
    vectors.rows++;
  }

  /** Returns the rows in the window and their distances from the reference data. */
  report(now = Date.now()): DriftReport {
    const window = this.window(now);
    const { columns, vectors } = window;
    const rows = columns[0] ? totalOf(columns[0]) : (vectors?.rows ?? 0);
    return { rows, columns: this.drift(window), performance: this.performance(window) };
  }

  /** Estimates the performance in a window. */
  private performance({ columns, scores }: LiveHalf): PerformanceEstimate | undefined {
    const { performance } = this.reference;
    if (!performance || !scores) return undefined;
    const covered = columns.map((live, place) => 1 - outsideShare(this.reference.columns[place]!, live));
    const estimate = estimatePerformance(performance, scores, Math.min(1, ...covered));
    return estimate && estimate.rows >= FEWEST_ROWS ? estimate : undefined;
  }

  private drift({ columns, vectors }: LiveHalf): readonly ColumnDrift[] {
    const drift = columns.flatMap((live, place) => {
      const rows = totalOf(live);
      if (rows < FEWEST_ROWS) return [];
      const column = this.reference.columns[place]!;
      const missing = Math.abs(live.missing / rows - column.missing / this.reference.rows);
      const outside = outsideShare(column, live);
      const distances = rows > live.missing && distancesOf(column, live);
      return { column: column.name, measures: { ...distances, missing, outside } };
    });
    const { embedding } = this.reference;
    if (!embedding || !vectors || vectors.rows < FEWEST_ROWS) return drift;
    return [
      ...drift,
      { column: embedding.output, measures: embeddingDistances(embedding, vectors.rows, vectors.sums) },
    ];
  }

  /** Returns what is in both halves of the window. */
  private window(now: number): LiveHalf {
    const number = Math.floor(now / this.halfMs);
    const sum = emptyHalf(number, this.reference);
    for (const half of this.halves) if (half.number >= number - 1) addHalf(sum, half);
    return sum;
  }

  /** Returns a half, and forgets those that are more than one half older than the newest. */
  private halfOf(number: number): LiveHalf {
    const known = this.halves.find((half) => half.number === number);
    if (known) return known;
    const half = emptyHalf(number, this.reference);
    const all = [...this.halves, half].sort((a, b) => a.number - b.number);
    const newest = all.at(-1)!.number;
    this.halves = all.filter((each) => each.number >= newest - 1);
    return half;
  }
}

/** Describes what is counted, to tell whether two processes count the same. */
function shapeOf(reference: Reference): string {
  const { columns, embedding, performance } = reference;
  const scores = performance && noScores(performance).map(({ counts }) => counts.length);
  return JSON.stringify([columns.map(({ name, counts }) => [name, counts.length]), embedding?.mean.length, scores]);
}

/** Returns which rows of a request count: all, or a sample from a random one on. */
function sampleOf(rows: number, most: number): { readonly first: number; readonly step: number } {
  const step = Math.ceil(rows / most);
  return { first: step > 1 ? Math.floor(Math.random() * step) : 0, step };
}

function countedBy(column: ReferenceColumn): Pick<CountedColumn, 'numbers' | 'categories'> {
  if (column.kind === 'category') return { categories: new Map(column.values.map((value, place) => [value, place])) };
  const { min, max, edges } = column;
  return { numbers: { min, max, edges: Float64Array.from(edges) } };
}

function emptyValues({ kind, counts }: ReferenceColumn): LiveValues {
  return kind === 'number' ? noValues(counts.length) : noValues(counts.length + 1, 0);
}

function emptyHalf(number: number, { columns, embedding, performance }: Reference): LiveHalf {
  const vectors = embedding && { rows: 0, sums: new Float64Array(embedding.mean.length) };
  return { number, columns: columns.map(emptyValues), vectors, scores: performance && noScores(performance) };
}

function addHalf(sum: LiveHalf, { columns, vectors, scores = [] }: LiveHalf): void {
  for (const [place, values] of columns.entries()) addValues(sum.columns[place]!, values);
  for (const [place, values] of scores.entries()) addValues(sum.scores![place]!, values);
  if (!sum.vectors || !vectors) return;
  sum.vectors.rows += vectors.rows;
  for (const [place, each] of vectors.sums.entries()) sum.vectors.sums[place]! += each;
}

function count(
  values: LiveValues,
  { numbers, categories }: CountedColumn,
  { data, datatype }: Tensor,
  place: number,
): void {
  if (numbers) {
    const short = shortFloatOf(datatype);
    const value = Number(short ? short.toNumber(data[place] as number) : data[place]);
    if (Number.isNaN(value)) {
      values.missing++;
      return;
    }
    if (value < numbers.min || value > numbers.max) values.outside++;
    addTo(numbers.edges, values.counts, values.sums, value);
    return;
  }
  const bytes = data[place] as Buffer;
  if (isMissing(bytes)) {
    values.missing++;
    return;
  }
  const category = categories!.get(bytes.toString());
  if (category === undefined) values.outside++;
  values.counts[category ?? values.counts.length - 1]!++;
}

/** Returns the share of values that the reference data does not have, as guards check them. */
function outsideShare({ missing }: ReferenceColumn, live: LiveValues): number {
  const rows = totalOf(live);
  return rows > 0 ? (live.outside + (missing > 0 ? 0 : live.missing)) / rows : 0;
}

function distancesOf(column: ReferenceColumn, live: LiveValues): Partial<Record<DriftMeasure, number>> {
  return column.kind === 'number'
    ? numberDistances(column, live)
    : categoryDistances([...column.counts, 0], live.counts);
}
