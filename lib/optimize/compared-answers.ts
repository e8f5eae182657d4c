import { InferenceError, type Tensor } from '@modelship/runtime';
import { differenceBetween, floatsOf, splitRows, type Tolerance } from '@modelship/runtime/serve';
import type { Predict } from '../evaluate/row-sample.js';
import type { Limits } from './conversions.js';
import type { ComparedAnswers, Difference } from './proof.js';

/** Most differences that are kept. */
const MOST_DIFFERENCES = 5;

/** Compares the answers of two models, and keeps the first differences. */
export class AnswerComparison {
  private count = 0;
  private differing = 0;
  private sqnr = Number.POSITIVE_INFINITY;
  private readonly differences: Difference[] = [];

  /**
   * @param onlyNumbers whether to compare numbers only, because an evaluation judges labels
   */
  constructor(
    private readonly limits: Limits,
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
    const { count, differing, differences, sqnr } = this;
    return { count, differing, ...(Number.isFinite(sqnr) && { sqnr }), differences };
  }

  private firstDifference(wanted: readonly Tensor[], got: readonly Tensor[]): string | undefined {
    let first: string | undefined;
    for (const each of wanted) {
      const other = got.find(({ name }) => name === each.name);
      first ??= other ? this.difference(other, each) : `there is no output ${each.name}`;
    }
    return first;
  }

  private difference(got: Tensor, wanted: Tensor): string | undefined {
    const { tolerance, leastSqnr } = this.limits;
    const sqnr = isComparable(got, wanted) ? sqnrOf(got, wanted) : undefined;
    if (sqnr !== undefined && Number.isFinite(sqnr)) this.sqnr = Math.min(this.sqnr, sqnr);
    const difference = differenceBetween(got, wanted, tolerance);
    if (difference === undefined || leastSqnr === undefined) return difference;
    if (!isFloat(wanted)) return differenceBetween(got, wanted, toleranceOf(this.limits, wanted));
    if (sqnr === undefined) return difference;
    return sqnr >= leastSqnr ? undefined : `${difference} (SQNR ${sqnr.toFixed(1)} dB)`;
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
 * Returns a tolerance for each number of a tensor. Noise of as many decibels as the limit allows is a share of the largest
 * number. JSON texts of tasks have scores from 0 to 1.
 *
 * @param wanted answer of the model before
 */
export function toleranceOf({ tolerance, leastSqnr }: Limits, wanted: Tensor): Tolerance {
  if (leastSqnr === undefined) return tolerance;
  const share = 10 ** (-leastSqnr / 20);
  return { ...tolerance, absolute: Math.max(tolerance.absolute, share * (isFloat(wanted) ? largestOf(wanted) : 1)) };
}

function isFloat({ datatype }: Tensor): boolean {
  return datatype.startsWith('FP') || datatype === 'BF16';
}

/** Returns whether two tensors are of floats, and differ in numbers only. */
function isComparable(got: Tensor, wanted: Tensor): boolean {
  const anyNumber = { absolute: Number.POSITIVE_INFINITY, relative: 0 };
  return isFloat(wanted) && differenceBetween(got, wanted, anyNumber) === undefined;
}

/**
 * Returns the signal-to-quantization-noise ratio of an answer, as ONNX Runtime and PyTorch compute it, in decibels.
 *
 * @returns infinity for equal answers
 */
function sqnrOf(got: Tensor, wanted: Tensor): number {
  const after = floatsOf(got);
  let signal = 0;
  let noise = 0;
  for (const [index, value] of floatsOf(wanted).entries()) {
    // Infinities and NaN are equal in both, and have no share in the noise.
    if (!Number.isFinite(value)) continue;
    signal += value ** 2;
    noise += (value - after[index]!) ** 2;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
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
