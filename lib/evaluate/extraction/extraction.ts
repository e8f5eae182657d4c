import type { Tensor, TensorSpec } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import type { Chart } from '../../report/chart.js';
import { figure } from '../../report/figure.js';
import { areProbabilities } from '../metrics/class-scores.js';
import { accuracy } from '../metrics/classification.js';
import { EvaluationDataError } from '../metrics/compute.js';
import { valuesOf } from '../row-evaluation.js';
import { type Predict, type SampledBatch, SEED } from '../row-sample.js';
import { labelOutput, numberOutput, scoresOutput } from '../tasks/outputs.js';
import { fitTree } from './decision-tree.js';
import { fitLinear } from './linear-model.js';
import { QueryColumns } from './query-columns.js';
import type { Rows, Surrogate } from './surrogate.js';

/** How well copies agree with the model after a number of queries. */
export interface ExtractionLevel {
  readonly queries: number;
  readonly linearModel: number;
  readonly decisionTree: number;
}

/** How much of a model a caller can copy by queries. */
export interface ExtractionReport {
  /** What agrees: the share of rows with the same class, or the coefficient of determination of the predicted numbers. */
  readonly agreement: 'same class' | 'r2';
  /** Rows of the data set that the copies were not trained with. */
  readonly rows: number;
  /** Agreement of always predicting the same. */
  readonly constant: number;
  readonly levels: readonly ExtractionLevel[];
}

/** Options of an extraction measurement. */
export interface ExtractionOptions {
  readonly predict: Predict;
  readonly outputs: readonly TensorSpec[];
  /** Queries of the last copy. */
  readonly queries: number;
  /** Rows of one request. */
  readonly requestRows: number;
  /** Reports the number of queries so far. */
  readonly step?: (text: string) => void;
  /** Signal after which no more queries are sent. */
  readonly signal?: AbortSignal;
}

/** Fewest queries of a copy. */
export const FEWEST_QUERIES = 10;

/** Shares of the queries after which copies are made. */
const SHARES = [0.01, 0.1, 1];

/** Smallest probability whose logarithm is taken. */
const LEAST_PROBABILITY = 1e-12;

/**
 * Trains copies of a model on its responses to drawn inputs, and compares them with the model on rows of the data set. The
 * caller is assumed to know the range of each column, and no row.
 *
 * @returns undefined if it is interrupted before the first copies are trained
 * @throws EvaluationDataError if the model is neither a classifier nor a regression of columns
 */
export async function extractionOf(
  batches: Iterable<SampledBatch>,
  options: ExtractionOptions,
): Promise<ExtractionReport | undefined> {
  const { predict, outputs, queries, requestRows, step, signal } = options;
  const responses = responsesOf(outputs);
  const columns = new QueryColumns(batches);
  const heldOut: { readonly features: Float64Array; readonly response: Float64Array }[] = [];
  for (const { rows, inputs } of batches) {
    if (signal?.aborted) return undefined;
    const found = responses(await predict(inputs), rows.length);
    const features = columns.features(inputs, rows.length);
    for (const [row, response] of found.entries()) heldOut.push({ features: features[row]!, response });
  }
  const expected = heldOut.map(({ response }) => response);
  const random = randomNumbers(SEED);
  const features: Float64Array[] = [];
  const targets: Float64Array[] = [];
  const levels: ExtractionLevel[] = [];
  const isClass = expected[0]!.length > 1;
  const agreement = isClass ? sameClass : r2;
  // Decided for all rows together: the scores of single rows may look like probabilities by chance.
  const haveLogits = isClass && scoresOutput(outputs) !== undefined && areProbabilities(expected);
  let asked = 0;
  for (const budget of budgets(queries)) {
    while (asked < budget && !signal?.aborted) {
      const rows = Math.min(requestRows, budget - asked);
      const inputs = columns.draw(rows, random);
      const own = columns.features(inputs, rows);
      for (const [row, response] of responses(await predict(inputs), rows).entries()) {
        // A copy is not trained with responses without numbers.
        if (!response.every(Number.isFinite)) continue;
        targets.push(response);
        features.push(own[row]!);
      }
      asked += rows;
      step?.(`${asked} queries`);
    }
    if (asked < budget) break;
    if (targets.length === 0) {
      throw new EvaluationDataError('the predictions for the inputs that --extraction drew are not finite.');
    }
    const agreementOf = (surrogate: Surrogate) =>
      agreement(
        heldOut.map((row) => surrogate.predict(row.features)),
        expected,
      );
    levels.push({
      queries: budget,
      linearModel: agreementOf(fitLinear(features, haveLogits ? targets.map(logits) : targets)),
      decisionTree: agreementOf(fitTree(features, isClass ? oneHot(targets) : targets)),
    });
  }
  if (levels.length === 0) return undefined;
  return {
    agreement: isClass ? 'same class' : 'r2',
    rows: heldOut.length,
    constant: isClass ? mostFrequentShare(expected) : 0,
    levels,
  };
}

function budgets(queries: number): number[] {
  return [...new Set(SHARES.map((share) => Math.max(FEWEST_QUERIES, Math.round(share * queries))))];
}

/** Reads the numbers that a surrogate is trained with from the outputs of the model, one row each. */
type Responses = (outputs: readonly Tensor[], rows: number) => Float64Array[];

/** @throws EvaluationDataError if the model is neither a classifier nor a regression */
function responsesOf(specs: readonly TensorSpec[]): Responses {
  const scores = scoresOutput(specs);
  if (scores) {
    return (outputs, rows) => {
      const values = valuesOf(outputs, scores.name);
      const width = values.length / rows;
      return Array.from({ length: rows }, (_, row) =>
        Float64Array.from({ length: width }, (_, index) => Number(values[row * width + index])),
      );
    };
  }
  const label = labelOutput(specs);
  if (label) return classResponses(label);
  const number = numberOutput(specs);
  if (!number) {
    throw new EvaluationDataError(
      '--extraction copies classifiers and regressions of columns, and this model is neither.',
    );
  }
  return (outputs, rows) => {
    const values = valuesOf(outputs, number.name);
    return Array.from({ length: rows }, (_, row) => Float64Array.of(Number(values[row])));
  };
}

/** Most classes of a model without scores. */
const MAXIMUM_CLASSES = 64;

/** Returns 1 for the class of a row and 0 for all others. */
function classResponses({ name }: TensorSpec): Responses {
  const classes = new Map<string, number>();
  return (outputs, rows) => {
    const labels = valuesOf(outputs, name);
    return Array.from({ length: rows }, (_, row) => {
      const label = String(labels[row]);
      const place = classes.get(label) ?? classes.size;
      classes.set(label, place);
      if (place >= MAXIMUM_CLASSES) {
        throw new EvaluationDataError(
          `the model predicts more than ${MAXIMUM_CLASSES} classes, too many for --extraction.`,
        );
      }
      const response = new Float64Array(MAXIMUM_CLASSES);
      response[place] = 1;
      return response;
    });
  };
}

/** Returns the logarithms of probabilities, less their mean, which are linear in a logistic regression. */
function logits(probabilities: Float64Array): Float64Array {
  const logarithms = probabilities.map((each) => Math.log(Math.max(each, LEAST_PROBABILITY)));
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
  return logarithms.map((value) => value - mean);
}

function classOf(response: Float64Array): number {
  return response.reduce((best, value, index) => (value > response[best]! ? index : best), 0);
}

/** Returns 1 for the class of each row and 0 for the others. */
function oneHot(responses: Rows): Rows {
  const classes = responses.map(classOf);
  const width = 1 + classes.reduce((most, each) => Math.max(most, each), 0);
  return classes.map((own) => Float64Array.from({ length: width }, (_, index) => (index === own ? 1 : 0)));
}

/** Returns the share of rows with the same class. */
function sameClass(predicted: Rows, expected: Rows): number {
  return accuracy({ expected: expected.map(classOf), predicted: predicted.map(classOf), weights: undefined });
}

function mostFrequentShare(expected: Rows): number {
  const counts = new Map<number, number>();
  for (const row of expected) counts.set(classOf(row), (counts.get(classOf(row)) ?? 0) + 1);
  return Math.max(...counts.values()) / expected.length;
}

/** Returns the coefficient of determination. 0 if the model predicts one number only. */
function r2(predicted: Rows, expected: Rows): number {
  const mean = expected.reduce((sum, [value]) => sum + value!, 0) / expected.length;
  const total = expected.reduce((sum, [value]) => sum + (value! - mean) ** 2, 0);
  const rest = expected.reduce((sum, [value], index) => sum + (value! - predicted[index]![0]!) ** 2, 0);
  return total === 0 ? 0 : 1 - rest / total;
}

const AGREEMENTS: Readonly<Record<ExtractionReport['agreement'], string>> = {
  'same class': 'share of rows with the same class',
  r2: 'R² of the predicted numbers',
};

/** Describes what was measured. */
export function extractionLine({ agreement, rows, constant }: ExtractionReport): string {
  return `Agreement of copies with the model on ${rows} rows: ${AGREEMENTS[agreement]}, ${figure(constant)} for a constant`;
}

/** Returns a table of the agreement by the number of queries, with its headings. */
export function extractionTable({ levels }: ExtractionReport): string[][] {
  return [
    ['queries', 'linear model', 'decision tree'],
    ...levels.map(({ queries, linearModel, decisionTree }) => [queries, linearModel, decisionTree].map(figure)),
  ];
}

/** Returns a chart of the agreement by the number of queries. */
export function extractionChart({ agreement, constant, levels }: ExtractionReport): Chart {
  const of = (name: string, agreementAt: (level: ExtractionLevel) => number) =>
    ({ name, shape: 'line', points: levels.map((level) => [level.queries, agreementAt(level)] as const) }) as const;
  return {
    kind: 'chart',
    title: 'Agreement of copies with the model',
    x: { label: 'queries', isLogarithmic: true },
    y: { label: AGREEMENTS[agreement], ...(agreement === 'same class' && { range: [0, 1] }) },
    series: [
      of('linear model', ({ linearModel }) => linearModel),
      of('decision tree', ({ decisionTree }) => decisionTree),
      { ...of('constant', () => constant), isReference: true },
    ],
    note: 'Queries are drawn evenly from the ranges of the columns. A caller with data, or with a larger copy, may reach more.',
  };
}
