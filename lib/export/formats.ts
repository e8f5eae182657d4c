import { ModelPackageError } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';

/** @throws ModelPackageError `FORMAT_UNSUPPORTED` if a tool does not load the format of a model */
export function checkFormat({ directory, manifest }: Model, formats: readonly string[], tool: string): void {
  if (formats.includes(manifest.format)) return;
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${directory} has the format ${manifest.format}, and ${formats.join(', ')} can be exported to ${tool}. Export the model with ` +
      '`--to file`, and load it by its framework.',
  );
}
