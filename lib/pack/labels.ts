import type { TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';

/**
 * Adds the class names to each output that has one score per class.
 *
 * @throws ModelPackageError `LABELS_INVALID` if no output has that many scores
 */
export function withLabels(outputs: readonly TensorSpec[], labels: readonly string[] | undefined): TensorSpec[] {
  if (labels === undefined) return [...outputs];
  const fits = (spec: TensorSpec) => spec.datatype.startsWith('FP') && spec.shape.at(-1) === labels.length;
  if (!outputs.some(fits)) {
    const shapes = outputs.map(({ name, datatype, shape }) => `\`${name}\` ${datatype} [${shape}]`).join(', ');
    throw new ModelPackageError(
      'LABELS_INVALID',
      `${labels.length} labels were given, and no output has ${labels.length} scores: ${shapes}. ` +
        'Give one label for each class, in the order of the scores.',
    );
  }
  return outputs.map((spec) => (fits(spec) ? { ...spec, labels } : spec));
}
