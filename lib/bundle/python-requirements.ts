import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ModelFormat } from '@modelship/runtime/manifest';
import { packageRoot } from './package-root.js';

/** What of a manifest says which packages a model needs. */
export type PythonNeeds = Pick<Manifest, 'format' | 'requirements'>;

/** The file in the runtime's `images/requirements` for each format that needs Python. */
const FRAMEWORKS: { readonly [format in ModelFormat]?: string } = {
  saved_model: 'tensorflow',
  torchscript: 'torch',
  exported_program: 'torch',
  torch_pickle: 'torch',
  pickle: 'scikit-learn',
  lightgbm: 'lightgbm',
};

/**
 * The lines of the `requirements.txt` that a model is served with: what its manifest says, or else the framework that
 * this version of the runtime was tested with. Undefined for a format that needs no Python.
 */
export function pythonRequirements({ format, requirements }: PythonNeeds): readonly string[] | undefined {
  const framework = FRAMEWORKS[format];
  if (framework === undefined) return undefined;
  if (requirements) return [...requirements].sort();
  const file = join(packageRoot('@modelship/runtime', __filename), 'images', 'requirements', `${framework}.txt`);
  return readFileSync(file, 'utf8').trim().split('\n');
}
