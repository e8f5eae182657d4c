import type { Tensor } from '@modelship/runtime';
import { NumberColumn, Vocabulary } from './columns.js';
import type { Figure } from './figures/figure.js';
import { FIGURES } from './figures/table.js';
import type { Label } from './metrics/classification.js';
import { computeMetrics } from './metrics/compute.js';
import { METRICS, type MetricKind } from './metrics/table.js';

/** What a data set says of a row. */
export interface ExpectedRow {
  /** Position in the data set, for errors. */
  readonly place: string;
  readonly label: unknown;
  /** Query that the row is ranked for. */
  readonly query?: string | undefined;
  /** Relevance of documents for the query that the row is, by their positions in the data set. @default - the row is no query */
  readonly judgments?: ReadonlyMap<number, number> | undefined;
  readonly weight?: number | undefined;
  /** Part of the data set whose metrics are computed too. */
  readonly slice?: string | undefined;
}

/** Metrics of some rows. Those that are not defined for the rows are left out. */
export interface RowMetrics {
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Metrics of the rows of a slice. */
export interface SliceMetrics extends RowMetrics {
  readonly slice: string;
}

/** Columns that metrics of a kind take. */
export type Columns = Readonly<Record<string, unknown>>;

type MetricTable = Readonly<Record<string, (data: unknown) => number>>;

/**
 * Compares the predictions for the rows of a data set with their labels. Each task has a subclass. Labels and predictions
 * are kept, as areas under curves, medians and samples need all of them. Features are not, except a sample for clusters.
 */
export abstract class RowEvaluation {
  /** Kinds of metrics that the model has. The first has the metric that versions are compared by. */
  abstract readonly kinds: readonly MetricKind[];

  private readonly weights = new NumberColumn();
  private readonly slices = new NumberColumn();
  private readonly sliceNames = new Vocabulary();

  /** What is compared: a row, or all rows of a query. */
  readonly unit: 'rows' | 'queries' = 'rows';

  /** Number of rows or queries so far. */
  get rows(): number {
    return this.weights.length;
  }

  /** Whether rows count differently. */
  get isWeighted(): boolean {
    return this.allRows().some((row) => this.weights.at(row) !== 1);
  }

  /**
   * Adds rows with the outputs of the model for them.
   *
   * @param inputs inputs of the model for the rows @default - metrics of the shapes of clusters are not defined
   * @throws EvaluationDataError if a label is not one that the model could predict
   */
  add(rows: readonly ExpectedRow[], outputs: readonly Tensor[], inputs: readonly Tensor[] = []): void {
    for (const { weight = 1, slice } of this.addPredictions(rows, outputs, inputs)) {
      this.weights.push(weight);
      this.slices.push(slice === undefined ? -1 : this.sliceNames.numberOf(slice));
    }
  }

  /** Returns the metrics of all rows. */
  all(): RowMetrics {
    return this.metricsOf(this.allRows());
  }

  /** Returns the metrics of each slice, the largest first. */
  bySlice(): readonly SliceMetrics[] {
    const rows = new Map<number, number[]>();
    for (const row of this.allRows()) {
      const slice = this.slices.at(row);
      const own = rows.get(slice);
      if (own) own.push(row);
      else rows.set(slice, [row]);
    }
    rows.delete(-1);
    return [...rows]
      .map(([number, own]) => {
        const slice = this.sliceNames.textOf(number);
        // Rows without weight have no metrics.
        const isWeighted = own.some((row) => this.weights.at(row) !== 0);
        return { slice, ...(isWeighted ? this.metricsOf(own) : { rows: own.length, metrics: {} }) };
      })
      .sort((one, other) => other.rows - one.rows);
  }

  /** Returns how wrong a prediction is: a larger number is worse. @default - the task has no such number for a row */
  wrongness?(row: number): number;

  /** Returns what a report shows of all rows. */
  figures(): readonly Figure[] {
    const rows = this.allRows();
    return this.kinds.flatMap((kind) => {
      const columns = this.columnsOf(kind, rows);
      return columns ? FIGURES[kind](this.weighted(columns, rows) as never, (label) => this.nameOf(kind, label)) : [];
    });
  }

  /** Returns a metric of some rows, by their indices. NaN if it is not defined for them. */
  metric(name: string, rows: readonly number[]): number {
    const kind = this.kinds.find((each) => Object.hasOwn(METRICS[each], name))!;
    const columns = this.columnsOf(kind, rows);
    return columns ? (METRICS[kind] as unknown as MetricTable)[name]!(this.weighted(columns, rows)) : Number.NaN;
  }

  /** Adds rows, and returns those that begin a unit. */
  protected abstract addPredictions(
    rows: readonly ExpectedRow[],
    outputs: readonly Tensor[],
    inputs: readonly Tensor[],
  ): readonly ExpectedRow[];

  /** Returns what metrics of a kind take, without weights, for some rows. @returns undefined if they are not defined */
  protected abstract columnsOf(kind: MetricKind, rows: readonly number[]): Columns | undefined;

  /** Returns the name of a class that columns of a kind have as a number. */
  protected nameOf(_kind: MetricKind, label: Label): string {
    return String(label);
  }

  private allRows(): number[] {
    return Array.from({ length: this.rows }, (_, row) => row);
  }

  private weighted(columns: Columns, rows: readonly number[]): Columns {
    return { ...columns, weights: this.weights.pick(rows) };
  }

  private metricsOf(rows: readonly number[]): RowMetrics {
    const computed = this.kinds.map((kind) => {
      const columns = this.columnsOf(kind, rows);
      return columns ? computeMetrics(kind, this.weighted(columns, rows) as never) : {};
    });
    const metrics = Object.assign({}, ...computed) as RowMetrics['metrics'];
    return { rows: rows.length, metrics: defined(metrics) };
  }
}

function defined(metrics: RowMetrics['metrics']): RowMetrics['metrics'] {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => !Number.isNaN(value)));
}

/** Returns the values of an output. */
export function valuesOf(outputs: readonly Tensor[], name: string): ArrayLike<unknown> {
  return outputs.find((output) => output.name === name)!.data as ArrayLike<unknown>;
}
