import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { DiscordantPairs } from './comparison/mcnemar.js';
import { computeMetrics, EvaluationDataError } from './metrics/compute.js';
import { METRICS, type MetricKind } from './metrics/table.js';

/** What a data set says of a row. */
export interface ExpectedRow {
  /** Position in the data set, for errors. */
  readonly place: string;
  readonly label: unknown;
  readonly weight?: number | undefined;
  /** Part of the data set whose metrics are computed too. */
  readonly slice?: string | undefined;
}

/** Metrics of some rows. Those that are not defined for the rows are left out. */
export interface RowMetrics {
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Outputs of a model that metrics are computed from. */
type JudgedOutputs =
  | { readonly task: 'regression'; readonly value: TensorSpec }
  | { readonly task: 'clustering'; readonly label: TensorSpec }
  | {
      readonly task: 'classification';
      /** Output with the class of a row. */
      readonly label?: TensorSpec | undefined;
      /** Output with a score of each class. */
      readonly scores?: TensorSpec | undefined;
    };

/** Compares the predictions for the rows of a data set with their labels. */
export class RowEvaluation {
  private readonly judged: JudgedOutputs;
  private readonly weights: number[] = [];
  private readonly slices: (string | undefined)[] = [];
  private readonly expected: (number | string)[] = [];
  private readonly predicted: (number | string)[] = [];
  private readonly scores: number[][] = [];

  /**
   * @param task task if the outputs do not decide it @default - classification or regression, by the outputs
   * @throws EvaluationDataError if the model has no output with a class, scores of classes or a number for each row
   */
  constructor(outputs: readonly TensorSpec[], task?: 'clustering') {
    this.judged = task === 'clustering' ? clusterOutput(outputs) : judgedOutputs(outputs);
  }

  /** Number of rows so far. */
  get rows(): number {
    return this.expected.length;
  }

  /** Kinds of metrics that the model has. */
  get kinds(): readonly MetricKind[] {
    if (this.judged.task === 'regression') return ['numbers'];
    if (this.judged.task === 'clustering') return ['clusters'];
    return this.judged.scores ? ['labels', 'scores'] : ['labels'];
  }

  /**
   * Adds rows with the outputs of the model for them.
   *
   * @throws EvaluationDataError if a label is not a number or not a class of the model
   */
  add(rows: readonly ExpectedRow[], outputs: readonly Tensor[]): void {
    const { judged } = this;
    const valuesOf = (spec: TensorSpec | undefined) =>
      spec && Array.from(outputs.find(({ name }) => name === spec.name)!.data as ArrayLike<unknown>);
    if (judged.task === 'regression') {
      const values = valuesOf(judged.value)!;
      for (const [index, row] of rows.entries()) this.addRow(row, numberOf(row), Number(values[index]));
      return;
    }
    const labels = valuesOf(judged.label);
    if (judged.task === 'clustering') {
      for (const [index, row] of rows.entries())
        this.addRow(row, expectedClass(row, undefined), String(labels![index]));
      return;
    }
    const names = judged.scores?.labels ?? judged.label?.labels;
    const flat = valuesOf(judged.scores);
    for (const [index, row] of rows.entries()) {
      const width = flat ? flat.length / rows.length : 0;
      const scores = flat?.slice(index * width, (index + 1) * width).map(Number);
      if (scores) this.scores.push(scores);
      const predicted = labels ? labels[index] : scores!.indexOf(Math.max(...scores!));
      const expected = expectedClass(row, names);
      if (!names && typeof predicted !== 'string' && !Buffer.isBuffer(predicted) && !/^-?\d+$/.test(expected)) {
        throw new EvaluationDataError(
          `${row.place} has the label ${JSON.stringify(expected)}, and the model predicts numbers without names. Give the ` +
            'package with the names of the classes with --package, or the labels as numbers.',
        );
      }
      this.addRow(row, expected, className(predicted, names));
    }
  }

  private addRow({ weight = 1, slice }: ExpectedRow, expected: number | string, predicted: number | string): void {
    this.weights.push(weight);
    this.slices.push(slice);
    this.expected.push(expected);
    this.predicted.push(predicted);
  }

  /** Returns the metrics of all rows. */
  all(): RowMetrics {
    return this.metricsOf(this.expected.map((_, row) => row));
  }

  /** Returns the metrics of each slice, the largest first. */
  bySlice(): readonly (RowMetrics & { readonly slice: string })[] {
    const rows = new Map<string, number[]>();
    for (const [row, slice] of this.slices.entries()) {
      if (slice === undefined) continue;
      const own = rows.get(slice);
      if (own) own.push(row);
      else rows.set(slice, [row]);
    }
    return [...rows]
      .map(([slice, own]) => {
        // Rows without weight have no metrics.
        const isWeighted = own.some((row) => this.weights[row] !== 0);
        return { slice, ...(isWeighted ? this.metricsOf(own) : { rows: own.length, metrics: {} }) };
      })
      .sort((one, other) => other.rows - one.rows);
  }

  /** Returns a metric of some rows, by their indices. NaN if it is not defined for them. */
  metric(name: string, rows: readonly number[]): number {
    const kind = this.kinds.find((each) => Object.hasOwn(METRICS[each], name))!;
    const data = this.dataOf(kind, rows);
    return data ? (METRICS[kind] as unknown as MetricTable)[name]!(data) : Number.NaN;
  }

  /** Whether rows count differently. */
  get isWeighted(): boolean {
    return this.weights.some((weight) => weight !== 1);
  }

  /** Whether another model predicts the same for every row. */
  hasSamePredictions(other: RowEvaluation): boolean {
    return this.predicted.every((label, row) => label === other.predicted[row]);
  }

  /** Returns the number of rows that only this model predicts right, and that only the other one predicts right. */
  discordantPairs(other: RowEvaluation): Pick<DiscordantPairs, 'gained' | 'lost'> {
    const areRight = this.expected.map((label, row) => [
      label === this.predicted[row],
      other.expected[row] === other.predicted[row],
    ]);
    return {
      gained: areRight.filter(([own, others]) => own && !others).length,
      lost: areRight.filter(([own, others]) => !own && others).length,
    };
  }

  private metricsOf(rows: readonly number[]): RowMetrics {
    const computed = this.kinds.map((kind) => {
      const data = this.dataOf(kind, rows);
      return data ? computeMetrics(kind, data as never) : {};
    });
    return { rows: rows.length, metrics: defined(Object.assign({}, ...computed)) };
  }

  /** Returns what the metrics of a kind take. Those of scores take nothing if a class has no known place among them. */
  private dataOf(kind: MetricKind, rows: readonly number[]): Readonly<Record<string, unknown>> | undefined {
    const pick = <Value>(values: readonly Value[]) => rows.map((row) => values[row]!);
    const weights = pick(this.weights);
    const expected = pick(this.expected);
    if (kind !== 'scores') return { expected, predicted: pick(this.predicted), weights };
    const scores = pick(this.scores);
    const labels = this.judged.task === 'classification' ? this.judged.scores!.labels : undefined;
    const indices = expected.map((name) => (labels ? labels.indexOf(String(name)) : Number(name)));
    const areKnown = indices.every((index) => Number.isInteger(index) && index >= 0 && index < scores[0]!.length);
    return areKnown ? { expected: indices, scores, weights } : undefined;
  }
}

type MetricTable = Readonly<Record<string, (data: unknown) => number>>;

function defined(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => !Number.isNaN(value)));
}

const isNumber = ({ datatype }: TensorSpec) => datatype.startsWith('FP');
const isOneEach = ({ shape }: TensorSpec) => shape.length === 1 || (shape.length === 2 && shape[1] === 1);

function labelOutput(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  return outputs.find((spec) => !isNumber(spec) && isOneEach(spec));
}

function clusterOutput(outputs: readonly TensorSpec[]): JudgedOutputs {
  const label = labelOutput(outputs);
  if (label) return { task: 'clustering', label };
  throw new EvaluationDataError('the model has no output with the cluster of each row, as a whole number or text.');
}

function judgedOutputs(outputs: readonly TensorSpec[]): JudgedOutputs {
  const label = labelOutput(outputs);
  const scores = outputs.find((spec) => isNumber(spec) && spec.shape.length === 2 && !isOneEach(spec));
  if (label || scores) return { task: 'classification', label, scores };
  const value = outputs.find((spec) => isNumber(spec) && isOneEach(spec));
  if (value) return { task: 'regression', value };
  throw new EvaluationDataError(
    'the model has no output with a class, a score of each class or a number for each row, so its predictions cannot be ' +
      'compared with labels. Compare whole responses with --samples.',
  );
}

function numberOf({ label, place }: ExpectedRow): number {
  const number = label === null || String(label).trim() === '' ? Number.NaN : Number(label);
  if (Number.isFinite(number)) return number;
  throw new EvaluationDataError(`${place} has the label ${JSON.stringify(label)}, and the model predicts numbers.`);
}

/** Returns the name of the class that a row has. A class may also be given by its index. */
function expectedClass({ label, place }: ExpectedRow, names: readonly string[] | undefined): string {
  const text = label === null || label === undefined ? '' : String(label).trim();
  if (text === '') throw new EvaluationDataError(`${place} has no label. Remove the row, or add its label.`);
  const name = names && !names.includes(text) ? names[Number(text)] : text;
  if (name !== undefined) return name;
  throw new EvaluationDataError(
    `${place} has the label ${JSON.stringify(text)}, which is not a class of the model: ${names!.join(', ')}.`,
  );
}

/** Returns the name of a class that a model predicts as text or as an index. */
function className(value: unknown, names: readonly string[] | undefined): string {
  const text = String(value);
  return typeof value === 'number' || typeof value === 'bigint' ? (names?.[Number(value)] ?? text) : text;
}
