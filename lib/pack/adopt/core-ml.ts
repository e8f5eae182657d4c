import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';

/**
 * Refuses a package of Core ML, which only Apple's systems run.
 *
 * @throws ModelPackageError `FORMAT_UNKNOWN`
 */
export function refuseCoreMl(folder: string): void {
  if (!existsSync(join(folder, 'Manifest.json')) || !existsSync(join(folder, 'Data', 'com.apple.CoreML'))) return;
  throw new ModelPackageError(
    'FORMAT_UNKNOWN',
    `${folder} is a package of Core ML, which only Apple's systems run. To serve the model, export the model that it was ` +
      'converted from to ONNX.',
  );
}
