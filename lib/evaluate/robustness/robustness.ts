import type { Tensor } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import type { Chart, Point } from '../../report/chart.js';
import { figureOrNone } from '../../report/figure.js';
import { metricOrDefault } from '../comparison/comparison.js';
import { EvaluationDataError } from '../metrics/compute.js';
import { type ColumnRanges, columnRanges, dataLike } from '../numeric-columns.js';
import type { RowEvaluation } from '../row-evaluation.js';
import { type Predict, type SampledBatch, SEED } from '../row-sample.js';
import { ADVERSARIAL_QUERIES, adversarialInputs, adversaryOf } from './adversarial.js';
import { COLUMN_PERTURBATIONS } from './column-perturbations.js';
import { JPEG } from './jpeg.js';
import type { Perturbation } from './perturbation.js';
import { TYPOS } from './typos.js';

/** Metric of rows whose inputs were changed. */
export interface RobustnessLevel {
  readonly level: number;
  /** Value of the metric. @default - it is not defined for the predictions */
  readonly value?: number;
  /** Why the model predicts nothing for these inputs. @default - it predicts */
  readonly error?: string;
}

/** Metrics of one kind of change. */
export interface RobustnessResult {
  readonly name: string;
  /** What a level is. */
  readonly unit: string;
  /** Details of the change. @default - the name says all */
  readonly note?: string | undefined;
  /** Rows that were changed. @default - all that were drawn */
  readonly rows?: number;
  /** Value of the metric for these rows, unchanged. @default - that of all drawn rows, if they were changed */
  readonly unchanged?: number;
  readonly levels: readonly RobustnessLevel[];
}

/** How a metric falls while the inputs change. */
export interface RobustnessReport {
  readonly metric: string;
  /** Rows that were drawn from the data set. */
  readonly rows: number;
  /** Value of the metric for the unchanged rows. @default - it is not defined for them */
  readonly unchanged?: number;
  readonly changes: readonly RobustnessResult[];
}

/** Options of a robustness measurement. */
export interface RobustnessOptions {
  readonly predict: Predict;
  /** Creates an empty evaluation of the model. */
  readonly evaluation: () => RowEvaluation;
  /** @default - the metric that stands for the quality of the model */
  readonly metric?: string | undefined;
  /** Reports the change that is measured next. */
  readonly step?: (text: string) => void;
  /** Signal after which no further prediction is asked for. The level that it interrupts is not reported. */
  readonly signal?: AbortSignal;
}

const PERTURBATIONS: readonly Perturbation[] = [...COLUMN_PERTURBATIONS, TYPOS, JPEG];

/** Change of a whole batch at a level. */
interface Change extends Pick<RobustnessResult, 'name' | 'unit' | 'note'> {
  readonly levels: readonly number[];
  /** Most rows that are changed. @default - all */
  readonly rows?: number | undefined;
  apply(batch: SampledBatch, level: number, random: () => number): Promise<readonly Tensor[]>;
}

/**
 * Measures a metric on rows of a data set while their inputs change.
 *
 * @param batches at least one. They are iterated again for each level.
 * @returns undefined if it is interrupted before the unchanged rows are predicted
 */
export async function robustnessOf(
  batches: Iterable<SampledBatch>,
  options: RobustnessOptions,
): Promise<RobustnessReport | undefined> {
  const { evaluation, signal } = options;
  const metric = metricOrDefault(evaluation(), options.metric);
  const [first] = batches;
  const ranges = columnRanges(batches);
  const changes: RobustnessResult[] = [];
  let rows = 0;
  let unchanged: number | undefined;
  try {
    unchanged = await metricAfter(batches, metric, options, async (batch) => {
      rows += batch.rows.length;
      return batch.inputs;
    });
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
  for (const change of changesOf(first!, ranges, options)) {
    const result = await resultOf(change, batches, { metric, rows }, options);
    if (result) changes.push(result);
  }
  return {
    metric,
    rows,
    ...(unchanged !== undefined && { unchanged }),
    changes,
  };
}

/** Measures a change at all levels. @returns undefined if it is interrupted before the first is measured */
async function resultOf(
  { name, unit, note, levels, rows, apply }: Change,
  drawn: Iterable<SampledBatch>,
  { metric, rows: all }: Pick<RobustnessReport, 'metric' | 'rows'>,
  options: RobustnessOptions,
): Promise<RobustnessResult | undefined> {
  const { signal, step } = options;
  const isPart = rows !== undefined && rows < all;
  const batches = isPart ? { [Symbol.iterator]: () => spreadRows(drawn, rows, all) } : drawn;
  const measured: RobustnessLevel[] = [];
  const levelOf = (level: number, change: (batch: SampledBatch) => Promise<readonly Tensor[]>) =>
    levelAfter(batches, metric, level, options, change);
  const before = isPart && !signal?.aborted ? await levelOf(0, async ({ inputs }) => inputs) : undefined;
  for (const level of levels) {
    step?.(`${name} ${level}`);
    if (signal?.aborted) break;
    // Each level starts anew, so that the stronger one changes the same values.
    const random = randomNumbers(SEED);
    const own = await levelOf(level, (batch) => apply(batch, level, random));
    if (own) measured.push(own);
  }
  if (measured.length === 0) return undefined;
  const ofPart = `${rows} rows, ${figureOrNone(before?.value)} without changes`;
  const notes = [...(note === undefined ? [] : [note]), ...(isPart ? [ofPart] : [])];
  return {
    name,
    unit,
    ...(notes.length > 0 && { note: notes.join(', ') }),
    ...(isPart && { rows }),
    ...(before?.value !== undefined && { unchanged: before.value }),
    levels: measured,
  };
}

/** Yields some of all rows, evenly spread, as the rows of a data set may be sorted by their labels. */
function* spreadRows(batches: Iterable<SampledBatch>, count: number, all: number): Generator<SampledBatch> {
  let place = 0;
  for (const { rows, inputs } of batches) {
    const kept = rows.flatMap((_, row) => {
      const isKept = Math.floor(((place + 1) * count) / all) > Math.floor((place * count) / all);
      place++;
      return isKept ? [row] : [];
    });
    if (kept.length === 0) continue;
    yield { rows: kept.map((row) => rows[row]!), inputs: inputs.map((input) => withRows(input, kept, rows.length)) };
  }
}

function withRows(input: Tensor, kept: readonly number[], rows: number): Tensor {
  const width = input.data.length / rows;
  const values = kept.flatMap((row) => [...input.data.slice(row * width, (row + 1) * width)]);
  return { ...input, shape: [kept.length, ...input.shape.slice(1)], data: dataLike(input, values) };
}

function changesOf(batch: SampledBatch, ranges: ColumnRanges, options: RobustnessOptions): Change[] {
  const changes: Change[] = PERTURBATIONS.filter((each) => batch.inputs.some((input) => each.appliesTo(input))).map(
    (each) => ({
      ...each,
      apply: ({ rows, inputs }, level, random) =>
        Promise.all(
          inputs.map((input) => {
            if (!each.appliesTo(input)) return input;
            return each.apply(input, { level, random, rows: rows.length, ranges: ranges.get(input.name) ?? [] });
          }),
        ),
    }),
  );
  const adversary = adversaryOf(batch.inputs, options.evaluation());
  if (!adversary) return changes;
  const { unit, epsilons, rows } = adversary;
  return [
    ...changes,
    {
      name: 'adversarial search',
      unit,
      note: [
        `at most ${ADVERSARIAL_QUERIES} queries for each row`,
        ...(rows === undefined ? [] : [`${rows} rows`]),
      ].join(', '),
      levels: epsilons,
      rows,
      apply: (each, epsilon, random) => adversarialInputs(adversary, each, { ...options, ranges, random, epsilon }),
    },
  ];
}

/**
 * Returns the metric, or why there is none: a model may reject missing values, for example.
 *
 * @returns undefined if it is interrupted
 */
async function levelAfter(
  batches: Iterable<SampledBatch>,
  metric: string,
  level: number,
  options: RobustnessOptions,
  change: (batch: SampledBatch) => Promise<readonly Tensor[]>,
): Promise<RobustnessLevel | undefined> {
  try {
    const value = await metricAfter(batches, metric, options, change);
    return value === undefined ? { level } : { level, value };
  } catch (error) {
    if (options.signal?.aborted) return undefined;
    const isOfPredictions = error instanceof EvaluationDataError;
    return { level, error: isOfPredictions ? 'the predictions are not finite' : (error as Error).message };
  }
}

/** @throws the reason of the signal after an interruption */
async function metricAfter(
  batches: Iterable<SampledBatch>,
  metric: string,
  { predict, evaluation, signal }: RobustnessOptions,
  change: (batch: SampledBatch) => Promise<readonly Tensor[]>,
): Promise<number | undefined> {
  const own = evaluation();
  for (const batch of batches) {
    signal?.throwIfAborted();
    const inputs = await change(batch);
    own.add(batch.rows, await predict(inputs), inputs);
  }
  return own.all().metrics[metric];
}

/** Describes what was measured. */
export function robustnessLine({ metric, rows, unchanged }: RobustnessReport): string {
  return `Robustness by ${metric} on ${rows} rows drawn from the data set: ${figureOrNone(unchanged)} without changes`;
}

/** Returns a table of the metric at each level, with its headings. */
export function robustnessTable({ metric, changes }: RobustnessReport): string[][] {
  return [
    ['change', 'unit', 'level', metric],
    ...changes.flatMap(({ name, unit, note, levels }) =>
      levels.map(({ level, value, error }, index) => [
        ...(index === 0 ? [name, [unit, note].filter(Boolean).join(', ')] : ['', '']),
        String(level),
        error === undefined ? figureOrNone(value) : `none: ${error}`,
      ]),
    ),
  ];
}

/** Returns a chart of the metric for each change that has one. */
export function robustnessCharts({ metric, unchanged, changes }: RobustnessReport): Chart[] {
  const values = changes.flatMap(({ levels }) => levels.flatMap(({ value }) => value ?? []));
  // Shares are drawn from 0 to 1, so that a small fall looks small.
  const areShares = [...values, unchanged ?? 0].every((value) => value >= 0 && value <= 1);
  const drawn = changes.filter(({ levels }) => levels.some(({ value }) => value !== undefined));
  return drawn.map(({ name, unit, note, levels, unchanged: own = unchanged }): Chart => {
    const missing = levels.filter(({ value }) => value === undefined).length;
    const notes = [note, ...(missing > 0 ? [`no figures at ${missing} of ${levels.length} levels`] : [])].filter(
      Boolean,
    );
    return {
      kind: 'chart',
      title: name,
      x: { label: unit },
      y: { label: metric, ...(areShares && { range: [0, 1] }) },
      series: [
        { name: 'changed', shape: 'line', points: levels.flatMap(({ level, value }) => pointsOf(level, value)) },
        {
          name: 'unchanged',
          shape: 'line',
          points: levels.flatMap(({ level }) => pointsOf(level, own)),
          isReference: true,
        },
      ],
      ...(notes.length > 0 && { note: notes.join('; ') }),
    };
  });
}

function pointsOf(level: number, value: number | undefined): Point[] {
  return value === undefined ? [] : [[level, value]];
}
