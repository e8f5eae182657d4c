import type { TensorSpec } from '@modelship/runtime';
import { EvaluationDataError } from '../metrics/compute.js';
import type { ExpectedRow } from '../row-evaluation.js';

export const isNumber = ({ datatype }: TensorSpec) => datatype.startsWith('FP');
export const isOneEach = ({ shape }: TensorSpec) => shape.length === 1 || (shape.length === 2 && shape[1] === 1);

/** Returns the output with the class or cluster of each row. */
export function labelOutput(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  return outputs.find((spec) => !isNumber(spec) && isOneEach(spec));
}

/** Returns the output with a score of each class for each row. */
export function scoresOutput(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  return outputs.find((spec) => isNumber(spec) && spec.shape.length === 2 && !isOneEach(spec));
}

/** Returns the output with a number for each row. */
export function numberOutput(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  return outputs.find((spec) => isNumber(spec) && isOneEach(spec));
}

/** @throws EvaluationDataError if the label of the row is not a number */
export function numberLabel({ label, place }: ExpectedRow): number {
  const number = numberOf(label);
  if (Number.isFinite(number)) return number;
  throw new EvaluationDataError(`${place} has the label ${JSON.stringify(label)}, and the model predicts numbers.`);
}

function numberOf(label: unknown): number {
  return label === null || String(label).trim() === '' ? Number.NaN : Number(label);
}

/** @throws EvaluationDataError if the relevance of the row is not a number of 0 or more */
export function relevanceOf({ label, place }: ExpectedRow): number {
  const relevance = numberOf(label);
  if (relevance >= 0 && relevance < Number.POSITIVE_INFINITY) return relevance;
  throw new EvaluationDataError(
    `${place} has the relevance ${JSON.stringify(label)}, and must have a number of 0 or more.`,
  );
}

/**
 * Returns the name of the class that a row has. A class may also be given by its index.
 *
 * @throws EvaluationDataError if the row has no label, or none of the names
 */
export function classLabel({ label, place }: ExpectedRow, names: readonly string[] | undefined): string {
  const text = label === null || label === undefined ? '' : String(label).trim();
  if (text === '') throw new EvaluationDataError(`${place} has no label. Remove the row, or add its label.`);
  return classNamed(text, place, names);
}

/** @throws EvaluationDataError if the text is not one of the names or the index of one */
export function classNamed(text: string, place: string, names: readonly string[] | undefined): string {
  const name = names && !names.includes(text) ? names[Number(text)] : text;
  if (name !== undefined) return name;
  throw new EvaluationDataError(
    `${place} has the label ${JSON.stringify(text)}, which is not a class of the model: ${names!.join(', ')}.`,
  );
}
