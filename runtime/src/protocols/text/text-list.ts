import { invalid } from '../../tensor/errors.js';
import { checkCount } from './calls.js';
import { excerpt, type Fields, isStrings } from './fields.js';

/** Texts of a field, and whether it is a text rather than a list. */
export interface TextList {
  readonly texts: readonly string[];
  readonly isSingle: boolean;
}

/**
 * Returns the texts of a field: a text or a list of texts.
 *
 * @param hint returns what to append to the error for another value
 * @throws InferenceError
 */
export function textList(fields: Fields, name: string, hint: (value: unknown) => string = () => ''): TextList {
  const value = fields.required(name, fields.get(name));
  const isSingle = typeof value === 'string';
  const texts = isSingle ? [value] : value;
  if (!isStrings(texts)) {
    throw invalid(`${fields.label(name)} must be a text or a list of texts, got ${excerpt(value)}${hint(value)}`);
  }
  checkCount(texts, name);
  return { texts, isSingle };
}
