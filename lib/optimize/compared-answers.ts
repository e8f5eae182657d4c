import { InferenceError, type Tensor } from '@modelship/runtime';
import { differenceBetween, floatsOf, splitRows, type Tolerance } from '@modelship/runtime/serve';
import type { Predict } from '../evaluate/row-sample.js';
import type { Allowance } from './conversions.js';
import type { ComparedAnswers, Difference } from './proof.js';

/** Most differences that are kept. */
const MOST_DIFFERENCES = 5;

/** Compares the answers of two models, and keeps the first differences. */
export class AnswerComparison {
  private count = 0;
  private differing = 0;
  private readonly differences: Difference[] = [];

  /**
   * @param onlyNumbers whether to compare numbers only, because an evaluation judges labels
   */
  constructor(
    private readonly allowance: Allowance,
    private readonly onlyNumbers = false,
  ) {}

  /** Adds the answers for the rows at `places`. Answers without a row for each place are compared as a whole. */
  add(places: readonly string[], wanted: readonly Tensor[], got: readonly Tensor[] | InferenceError): void {
    this.count += places.length;
    if (got instanceof InferenceError) {
      for (const place of places) this.keep(place, `it is rejected: ${got.message}`);
      return;
    }
    const judged = this.onlyNumbers ? wanted.filter(isFloat) : wanted;
    const counts = places.map(() => 1);
    const [wantedRows, gotRows] = [judged, got].map((each) => splitRows(each, counts, places.length));
    for (const [row, place] of places.entries()) {
      const answers = wantedRows && gotRows ? ([wantedRows[row]!, gotRows[row]!] as const) : ([judged, got] as const);
      const difference = this.firstDifference(...answers);
      if (difference !== undefined) this.keep(place, difference);
    }
  }

  result(): ComparedAnswers {
    const { count, differing, differences } = this;
    return { count, differing, differences };
  }

  private firstDifference(wanted: readonly Tensor[], got: readonly Tensor[]): string | undefined {
    for (const each of wanted) {
      const other = got.find(({ name }) => name === each.name);
      if (!other) return `there is no output ${each.name}`;
      const difference = differenceBetween(other, each, toleranceOf(this.allowance, each));
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  private keep(place: string, difference: string): void {
    this.differing++;
    if (this.differences.length < MOST_DIFFERENCES) this.differences.push({ place, difference });
  }
}

/** Runs a model. A request that the model rejects is an answer, too. */
export async function answerOf(
  predict: Predict,
  inputs: readonly Tensor[],
): Promise<readonly Tensor[] | InferenceError> {
  try {
    return await predict(inputs);
  } catch (error) {
    if (error instanceof InferenceError) return error;
    throw error;
  }
}

/**
 * Returns the tolerance of a tensor. JSON texts of tasks have scores from 0 to 1.
 *
 * @param wanted answer of the model before
 */
export function toleranceOf(allowance: Allowance, wanted: Tensor): Tolerance {
  if (!('ofLargest' in allowance)) return allowance;
  return { absolute: allowance.ofLargest * (isFloat(wanted) ? largestOf(wanted) : 1), relative: 0 };
}

function isFloat({ datatype }: Tensor): boolean {
  return datatype.startsWith('FP') || datatype === 'BF16';
}

/** Returns the largest absolute value of a tensor of floats. */
function largestOf(tensor: Tensor): number {
  let largest = 0;
  for (const each of floatsOf(tensor)) {
    const value = Math.abs(each);
    if (Number.isFinite(value) && value > largest) largest = value;
  }
  return largest;
}
