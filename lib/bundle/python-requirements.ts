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
 * this version of the runtime was tested with, from where that has builds for servers. Undefined for a format that needs
 * no Python.
 */
export function pythonRequirements({ format, requirements }: PythonNeeds): readonly string[] | undefined {
  const framework = FRAMEWORKS[format];
  if (framework === undefined) return undefined;
  const file = join(packageRoot('@modelship/runtime', __filename), 'images', 'requirements', `${framework}.txt`);
  const tested = readFileSync(file, 'utf8').split('\n');
  const indexes = tested.filter((line) => line.startsWith('--'));
  const packages = requirements ?? tested.filter((line) => /^\w/.test(line));
  return [...indexes, ...[...packages].sort().flatMap(forEachProcessor)];
}

/** TensorFlow's build without CUDA has another name on x64, and is the only one on arm64. */
function forEachProcessor(line: string): string[] {
  const [, version] = /^tensorflow-cpu(==[\w.]+)$/.exec(line) ?? [];
  if (version === undefined) return [line];
  return [
    `tensorflow-cpu${version}; platform_machine == "x86_64"`,
    `tensorflow${version}; platform_machine == "aarch64"`,
  ];
}
