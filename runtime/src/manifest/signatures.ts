import type { Signature, TensorSpec } from '../tensor/tensor.js';
import { type Manifest, type ModelFormat, TABULAR_FORMATS } from './schema.js';

/** The signatures of a package, with what its format says of their inputs. */
export function signaturesOf(
  { format, inputs, outputs, signatures }: Pick<Manifest, 'format' | 'inputs' | 'outputs' | 'signatures'>,
  strict = false,
): Readonly<Record<string, Signature>> {
  return withInputRules(format, { ...signatures, serving_default: { inputs, outputs } }, strict);
}

/**
 * Adds to signatures what the format says of their inputs: whether they are cells of a table, and whether a row may list
 * them by place. A SavedModel keeps its inputs by name alone.
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
