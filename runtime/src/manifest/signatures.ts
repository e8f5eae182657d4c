import type { Signature, TensorSpec } from '../tensor/tensor.js';
import { type Manifest, type ModelFormat, TABULAR_FORMATS } from './schema.js';

/** Returns the signatures of a package, with the input rules of its format. */
export function signaturesOf(
  { format, inputs, outputs, signatures }: Pick<Manifest, 'format' | 'inputs' | 'outputs' | 'signatures'>,
  strict = false,
): Readonly<Record<string, Signature>> {
  return withInputRules(format, { ...signatures, serving_default: { inputs, outputs } }, strict);
}

/**
 * Adds the input rules of the format to signatures: whether inputs are cells of a table, and whether a row may list
 * them by position. A SavedModel identifies its inputs only by name.
 */
export function withInputRules(
  format: ModelFormat,
  signatures: Readonly<Record<string, Pick<Signature, 'inputs' | 'outputs'>>>,
  strict = false,
): Readonly<Record<string, Signature>> {
  const tabular = TABULAR_FORMATS.includes(format);
  const ordered = format !== 'saved_model';
  const rules = (spec: TensorSpec): TensorSpec => (tabular ? { ...spec, tabular } : spec);
  const entries = Object.entries(signatures).map(([name, { inputs, outputs }]) => {
    return [name, { inputs: inputs.map(rules), outputs, ordered, strict }] as const;
  });
  return Object.fromEntries(entries);
}
