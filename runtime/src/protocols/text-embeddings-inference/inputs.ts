import { invalid } from '../../tensor/errors.js';
import { checkCount } from '../text/calls.js';
import { excerpt, type Fields, isStrings } from '../text/fields.js';
import type { TaskModel } from '../text/task-model.js';

/** A text, or the token ids of one. */
type TextOrIds = string | readonly number[];

/**
 * Returns the texts of the field `inputs`: a text, the token ids of one, or a list of them. Token ids become the text
 * that they stand for.
 *
 * @throws InferenceError
 */
export async function textsOf(model: TaskModel, fields: Fields): Promise<readonly string[]> {
  const inputs = listOf(fields);
  checkCount(inputs, 'inputs');
  if (isStrings(inputs)) return inputs;
  const ids = inputs.flatMap((input) => (typeof input === 'string' ? [] : [input]));
  const decoded = (await model.tokens!.decode(ids, true)).values();
  return inputs.map((input) => (typeof input === 'string' ? input : decoded.next().value!));
}

function listOf(fields: Fields): readonly TextOrIds[] {
  const inputs = fields.required('inputs', fields.get('inputs'));
  if (typeof inputs === 'string') return [inputs];
  if (Array.isArray(inputs)) {
    // An empty list has no texts, rather than one text without tokens.
    if (inputs.length > 0 && isIds(inputs)) return [inputs];
    if (inputs.every((input) => typeof input === 'string' || isIds(input))) return inputs;
  }
  throw invalid(
    `${fields.label('inputs')} must be a text, a list of token ids, or a list of these, got ${excerpt(inputs)}`,
  );
}

/** Whether a value is a list of token ids. */
export function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}

/** A text, or a pair of texts that a model compares. */
export type Sequence = readonly [text: string] | readonly [query: string, text: string];

/**
 * Returns what the field `inputs` of a classification has: a text, a pair of texts, or a list of lists with one or two
 * texts.
 *
 * @throws InferenceError
 */
export function sequencesOf(fields: Fields): { sequences: readonly Sequence[]; isBatch: boolean } {
  const inputs = fields.required('inputs', fields.get('inputs'));
  if (typeof inputs === 'string') return { sequences: [[inputs]], isBatch: false };
  if (isSequence(inputs)) return { sequences: [inputs], isBatch: false };
  if (Array.isArray(inputs) && inputs.every(isSequence)) {
    checkCount(inputs, 'inputs');
    return { sequences: inputs, isBatch: true };
  }
  throw invalid(
    `${fields.label('inputs')} must be a text, a pair of texts, or a list such as [["a text"], ["another"]], got ${excerpt(inputs)}`,
  );
}

function isSequence(value: unknown): value is Sequence {
  return isStrings(value) && (value.length === 1 || value.length === 2);
}
