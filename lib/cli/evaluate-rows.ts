import { InvalidArgumentError } from 'commander';
import { comparisonLines, comparisonOf } from '../evaluate/comparison/comparison.js';
import type { DataRow } from '../evaluate/data-set.js';
import {
  type ExtractionReport,
  extractionLine,
  extractionOf,
  extractionTable,
  FEWEST_QUERIES,
} from '../evaluate/extraction/extraction.js';
import { htmlReport } from '../evaluate/html-report.js';
import {
  type CheckedLimit,
  checkedLimits,
  foreignMetric,
  type MetricLimit,
  type MetricLimits,
  missedLimits,
} from '../evaluate/limits.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { METRICS, type MetricKind } from '../evaluate/metrics/table.js';
import { type EvaluationReport, sliceTable } from '../evaluate/report.js';
import {
  type RobustnessReport,
  robustnessLine,
  robustnessOf,
  robustnessTable,
} from '../evaluate/robustness/robustness.js';
import type { RowEvaluation } from '../evaluate/row-evaluation.js';
import { RowSample } from '../evaluate/row-sample.js';
import { evaluationOf, needsQuery, QUERY_TASKS, type Task } from '../evaluate/tasks/index.js';
import { labelColumn } from '../model/picture-folder.js';
import { figureOrNone } from '../report/figure.js';
import type { Predictor } from '../requests/predictor.js';
import { predictedRows, requestRows, rowRequest } from '../requests/row-request.js';
import { type AgainstFlags, checkComparable, rejectWorse } from './evaluate-against.js';
import { CommandFailure } from './failure.js';
import { checkHtmlPath, writeHtml } from './html-option.js';
import { Interruption } from './interruption.js';
import { interrupted } from './load-failures.js';
import { Output, table } from './output.js';
import { type OpenPredictor, openPredictor, type PredictorFlags } from './predictor.js';

export interface RowFlags extends PredictorFlags, AgainstFlags, MetricLimits {
  readonly rows: string;
  readonly label?: string;
  readonly weight?: string;
  readonly by?: string;
  readonly query?: string;
  readonly task?: Task;
  readonly robustness?: boolean;
  /** Number of queries. */
  readonly extraction?: number;
  readonly html?: string;
  readonly json?: boolean;
}

/** Evaluations of a model and its baseline, with robustness and extraction. */
interface Evaluations {
  readonly version: RowEvaluation;
  readonly baseline?: RowEvaluation | undefined;
  readonly robustness?: RobustnessReport | undefined;
  readonly extraction?: ExtractionReport | undefined;
}

const METRIC_NAMES = [...new Set(Object.values(METRICS).flatMap((metrics) => Object.keys(metrics)))];

/** Kinds whose metrics do not take weights. */
const UNWEIGHTED: readonly MetricKind[] = ['clusters', 'objects'];

/** Most rows that are drawn to change them or to compare copies. Models that take one row or pictures in a request get fewer. */
const DRAWN_ROWS = 500;
const DRAWN_REQUESTS = 50;

/** Most queries of an extraction, which a decision tree is trained with. */
const MOST_QUERIES = 100_000;

/** Parses a limit of a metric, and adds it to the earlier ones. */
export function metricLimit(value: string, earlier: readonly MetricLimit[]): readonly MetricLimit[] {
  const [metric = '', text = ''] = value.split('=');
  const limit = text.trim() === '' ? Number.NaN : Number(text);
  if (!METRIC_NAMES.includes(metric) || Number.isNaN(limit)) {
    throw new InvalidArgumentError(
      `Write a metric and a number, such as accuracy=0.9. Metrics: ${METRIC_NAMES.join(', ')}.`,
    );
  }
  return [...earlier, { metric, limit }];
}

/** Parses the name of a metric. */
export function metricName(value: string): string {
  if (METRIC_NAMES.includes(value)) return value;
  throw new InvalidArgumentError(`Write one of the metrics: ${METRIC_NAMES.join(', ')}.`);
}

/** Parses the accepted loss of a metric. */
export function marginNumber(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) {
    throw new InvalidArgumentError(
      'Write a number above 0, such as 0.01. No number of rows shows that there is no loss at all.',
    );
  }
  return number;
}

/** Parses the number of queries of an extraction. */
export function queryCount(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= FEWEST_QUERIES && number <= MOST_QUERIES) return number;
  throw new InvalidArgumentError(`Write a whole number from ${FEWEST_QUERIES} to ${MOST_QUERIES}.`);
}

/** Compares the predictions of a model for a data set with its labels. An interruption reports the rows until then. */
export async function evaluateRows(target: string, flags: RowFlags): Promise<void> {
  const label = labelColumn(flags.rows, flags.label);
  if (label === undefined) {
    throw new CommandFailure('NOTHING_EXPECTED', '--rows needs the column of the labels: add --label COLUMN.');
  }
  if (needsQuery(flags.task) !== (flags.query !== undefined)) {
    const tasks = QUERY_TASKS.map((task) => `--task ${task}`).join(' or ');
    throw new CommandFailure('DATA_INVALID', `${tasks} and --query COLUMN need each other: give both or neither.`);
  }
  const lonely =
    flags.against === undefined &&
    (flags.robustness ? (['margin'] as const) : (['metric', 'margin'] as const)).find(
      (name) => flags[name] !== undefined,
    );
  if (lonely) {
    throw new CommandFailure('NO_DATA', `--${lonely} is about two versions: add --against TARGET.`);
  }
  if (flags.robustness && needsQuery(flags.task)) {
    throw new CommandFailure(
      'DATA_INVALID',
      `--robustness draws single rows, and --task ${flags.task} needs whole queries.`,
    );
  }
  checkHtmlPath(flags.html);
  if (flags.extraction !== undefined && (needsQuery(flags.task) || flags.task === 'multilabel')) {
    throw new CommandFailure(
      'DATA_INVALID',
      `--extraction copies one class or number for each row, and not those of --task ${flags.task}.`,
    );
  }
  const output = new Output(flags.json);
  const interruption = new Interruption();
  const targets = flags.against === undefined ? [target] : [target, flags.against];
  try {
    const evaluations = await output.progress(`Evaluate ${targets.join(' against ')}`, async (step) => {
      const predictors: OpenPredictor[] = [];
      try {
        for (const each of targets) predictors.push(await openPredictor(each, flags));
        return await evaluated(predictors, { ...flags, label }, step, interruption.signal);
      } finally {
        for (const predictor of predictors) await predictor.close();
      }
    });
    return report(target, evaluations, flags, interruption.signal.aborted);
  } catch (error) {
    if (error instanceof EvaluationDataError) throw new CommandFailure('DATA_SET_INVALID', error.message);
    throw error;
  } finally {
    interruption.close();
  }
}

/** Reports the metrics, and rejects those outside their limits and versions that are not shown to be good enough. */
function report(
  target: string,
  { version, baseline, robustness, extraction }: Evaluations,
  flags: RowFlags,
  isInterrupted: boolean,
): void {
  const { rows: dataSet, by, against } = flags;
  const all = version.all();
  const result: EvaluationReport = {
    target,
    dataSet,
    all,
    unit: version.unit,
    by,
    slices: by === undefined ? [] : version.bySlice(),
    limits: checkedLimits(all, flags),
    comparison: baseline && comparisonOf(version, baseline, { ...flags, against: against! }),
    robustness,
    extraction,
    isInterrupted,
  };
  writeHtml(flags.html, () => htmlReport(result, version.figures()));
  const { slices, limits, comparison } = result;
  new Output(flags.json).result(
    {
      ...all,
      ...(by !== undefined && { by, slices }),
      ...(limits.length > 0 && { limits }),
      ...(comparison && { comparison }),
      ...(robustness && { robustness }),
      ...(extraction && { extraction }),
      ...(isInterrupted && { isInterrupted }),
    },
    reportLines(result),
  );
  if (isInterrupted) return;
  rejectMissed(limits);
  if (comparison) rejectWorse(comparison);
}

function reportLines(report: EvaluationReport): string[] {
  const { all, unit, dataSet, by, comparison, robustness, extraction, isInterrupted } = report;
  return [
    `${all.rows} ${unit} of ${dataSet}${isInterrupted ? ', until the interruption' : ''}`,
    ...table(
      Object.entries(all.metrics).map(([name, value]) => [
        name,
        ...[value, ...(comparison ? [comparison.metrics[name]] : [])].map(figureOrNone),
      ]),
    ),
    ...(by === undefined ? [] : ['', ...table(sliceTable(report))]),
    ...(comparison ? ['', ...comparisonLines(comparison)] : []),
    ...(robustness ? ['', robustnessLine(robustness), ...table(robustnessTable(robustness))] : []),
    ...(extraction ? ['', extractionLine(extraction), ...table(extractionTable(extraction))] : []),
  ];
}

async function evaluated(
  predictors: readonly Predictor[],
  flags: RowFlags & { readonly label: string },
  step: (step: string) => void,
  signal: AbortSignal,
): Promise<Evaluations> {
  const evaluations = predictors.map(({ signature }) => evaluationOf(signature.outputs, flags.task));
  const [version, baseline] = evaluations as [RowEvaluation, RowEvaluation?];
  rejectForeign(version, flags);
  if (flags.weight !== undefined && UNWEIGHTED.includes(version.kinds[0]!)) {
    throw new CommandFailure(
      'DATA_INVALID',
      `--weight has no effect on the metrics of ${version.kinds[0]}: remove it.`,
    );
  }
  if (baseline) checkComparable(version, baseline, flags);
  const batchRows = requestRows(predictors.map(({ signature }) => signature));
  const needsSample = flags.robustness || flags.extraction !== undefined;
  const sample = new RowSample<DataRow>(Math.min(DRAWN_ROWS, batchRows * DRAWN_REQUESTS));
  const batch: DataRow[] = [];
  let read = 0;
  const run = async () => {
    if (batch.length === 0) return;
    for (const [index, { signature, predict }] of predictors.entries()) {
      const { rows, inputs } = rowRequest(batch, signature, flags);
      evaluations[index]!.add(rows, await predict(inputs), inputs);
    }
    batch.length = 0;
  };
  for await (const row of predictedRows(predictors[0]!.signature, flags)) {
    if (signal.aborted) break;
    batch.push(row);
    if (needsSample) sample.add(row);
    if (batch.length < batchRows) continue;
    await run();
    read += batchRows;
    step(version.rows > 0 ? `${version.rows} ${version.unit}` : `${read} rows`);
  }
  if (!signal.aborted) await run();
  if (version.rows === 0) throw interrupted();
  if (!needsSample || signal.aborted) return { version, baseline };
  const [{ signature, predict }] = predictors as [Predictor];
  const drawn = sample.batches(batchRows, (rows) => rowRequest(rows, signature, flags));
  const evaluation = () => evaluationOf(signature.outputs, flags.task);
  const options = { predict, step, signal };
  const robustness = flags.robustness
    ? await robustnessOf(drawn, { ...options, evaluation, metric: flags.metric })
    : undefined;
  const { outputs } = signature;
  const extraction =
    flags.extraction === undefined
      ? undefined
      : await extractionOf(drawn, { ...options, outputs, queries: flags.extraction, requestRows: batchRows });
  return { version, baseline, robustness, extraction };
}

/** Rejects metrics that the model does not have. */
export function rejectForeign(
  evaluation: RowEvaluation,
  { min = [], max = [], metric: compared }: Partial<MetricLimits> & Pick<AgainstFlags, 'metric'>,
): void {
  const named = [...min, ...max].map(({ metric }) => metric);
  const foreign = foreignMetric(evaluation, [...named, ...(compared === undefined ? [] : [compared])]);
  if (foreign !== undefined) throw new CommandFailure('METRIC_UNKNOWN', foreign);
}

function rejectMissed(limits: readonly CheckedLimit[]): void {
  const missed = missedLimits(limits);
  if (missed.length > 0) throw new CommandFailure('METRIC_MISSED', `${missed.join('; ')}.`);
}
