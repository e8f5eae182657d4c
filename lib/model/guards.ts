import { ENVIRONMENT, INPUT_GUARDS, OUTPUT_LIMITS } from '@modelship/runtime/contract';
import { hasClasses, type Manifest, ModelPackageError } from '@modelship/runtime/manifest';

/**
 * Guards of a served model. Every protocol reports a rejected request in its own form.
 *
 * @example
 * ```ts
 * import { Model } from 'modelship';
 *
 * const iris = Model.fromDirectory('models/iris', { guards: { outputDecimals: 2, outputTopK: 1 } });
 * ```
 */
export interface ModelGuards {
  /**
   * Whether values of requests outside the ranges and categories of the reference data are counted and logged (`warn`), or their
   * requests rejected (`refuse`). The package needs reference data: `modelship pack --reference FILE`.
   *
   * @default - inputs are not checked
   */
  readonly inputs?: 'warn' | 'refuse';
  /**
   * Decimal places that floating-point outputs are rounded to, from 0 to 15. Exact scores make it easier to copy a model.
   * Explanations are disabled.
   *
   * @default - outputs are not rounded
   */
  readonly outputDecimals?: number;
  /**
   * Number of classes whose scores callers see, at least 1. The scores of other classes become 0, or less among scores below 0.
   * The package needs class labels. Explanations are disabled.
   *
   * @default - callers see the scores of all classes
   */
  readonly outputTopK?: number;
}

/**
 * Checks guards against the package that they are for.
 *
 * @throws RangeError if a number is out of range
 * @throws ModelPackageError `REFERENCE_MISSING` or `LABELS_INVALID` if the package lacks what a guard needs
 */
export function checkGuards(
  { inputs, outputDecimals, outputTopK }: ModelGuards,
  { name, reference, outputs, task }: Manifest,
): void {
  const faults: string[] = [];
  if (inputs !== undefined && !INPUT_GUARDS.includes(inputs)) {
    faults.push(
      `\`inputs\` must be ${INPUT_GUARDS.map((each) => `'${each}'`).join(' or ')}, got ${JSON.stringify(inputs)}`,
    );
  }
  if (outputDecimals !== undefined && !isWhole(outputDecimals, 0, OUTPUT_LIMITS.decimals)) {
    faults.push(`\`outputDecimals\` must be a whole number from 0 to ${OUTPUT_LIMITS.decimals}, got ${outputDecimals}`);
  }
  if (outputTopK !== undefined && !isWhole(outputTopK, 1, OUTPUT_LIMITS.classes)) {
    faults.push(`\`outputTopK\` must be a whole number from 1 to ${OUTPUT_LIMITS.classes}, got ${outputTopK}`);
  }
  if (faults.length > 0) throw new RangeError(`the guards of model \`${name}\` are invalid: ${faults.join('; ')}.`);
  // Reference data of texts and pictures has no columns.
  if (inputs !== undefined && (!reference || task)) {
    throw new ModelPackageError(
      'REFERENCE_MISSING',
      `model \`${name}\` has no reference data of columns that \`guards.inputs\` could compare requests with. Pack a model of rows of ` +
        'a table again with `modelship pack --reference FILE`, or remove `guards.inputs`.',
    );
  }
  if (outputTopK !== undefined && !outputs.some(hasClasses)) {
    throw new ModelPackageError(
      'LABELS_INVALID',
      `model \`${name}\` has no output with class labels for \`guards.outputTopK\`. Pack it again with ` +
        '`modelship pack --labels NAMES`, or remove `guards.outputTopK`.',
    );
  }
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** Returns the variables that make the runtime apply guards. */
export function guardVariables({ inputs, outputDecimals, outputTopK }: ModelGuards): { [name: string]: string } {
  return {
    ...(inputs !== undefined && { [ENVIRONMENT.inputGuard]: inputs }),
    ...(outputDecimals !== undefined && { [ENVIRONMENT.outputDecimals]: String(outputDecimals) }),
    ...(outputTopK !== undefined && { [ENVIRONMENT.outputTopK]: String(outputTopK) }),
  };
}
