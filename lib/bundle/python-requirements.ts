import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, type ModelFormat, needsPython } from '@modelship/runtime/manifest';
import { packageRoot } from './package-root.js';

/** Fields of a manifest that decide which packages of Python a model needs. */
export type PythonNeeds = Pick<Manifest, 'format' | 'requirements'>;

/** Fields of a manifest that decide what its server needs. */
export type ServerNeeds = PythonNeeds & Pick<Manifest, 'task'>;

/** Lock file in the runtime's `images/requirements` for each format that needs Python, except handlers. */
const FRAMEWORKS: { readonly [format in ModelFormat]?: string } = {
  saved_model: 'tensorflow',
  torchscript: 'torch',
  exported_program: 'torch',
  torch_pickle: 'torch',
  pickle: 'scikit-learn',
  skops: 'scikit-learn',
  lightgbm: 'lightgbm',
  xgboost: 'xgboost',
  catboost: 'catboost',
};

/** Returns the lock file for a handler, whose options decide where packages come from. */
function frameworkOf(requirements: readonly string[]): string {
  const found = /^(torch|tensorflow)(-cpu)?==/m.exec(requirements.join('\n'));
  return found?.[1] ?? 'scikit-learn';
}

/**
 * Returns the lines of the model's `requirements.txt`, or undefined for models that need no Python: the framework that
 * this runtime was tested with, with all that it depends on and the hash of every file, unless the manifest pins other
 * versions or packages. Those are installed by their version alone.
 */
export function pythonRequirements({ format, requirements }: PythonNeeds): readonly string[] | undefined {
  const framework = format === 'handler' ? frameworkOf(requirements ?? []) : FRAMEWORKS[format];
  if (framework === undefined || !needsPython({ format, requirements })) return undefined;
  const file = join(packageRoot('@modelship/runtime', __filename), 'images', 'requirements', `${framework}.txt`);
  const tested = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const pins = tested.map((line) => line.split(' ', 1)[0]!);
  if (!requirements || requirements.every((requirement) => pins.includes(requirement))) return tested;
  const options = tested.filter((line) => line.startsWith('--') && line !== REQUIRE_HASHES);
  return [...options, ...[...requirements].sort().flatMap(forEachProcessor)];
}

/** Option that makes pip reject every file whose hash is not listed. */
const REQUIRE_HASHES = '--require-hashes';

/** TensorFlow's CPU-only build is `tensorflow-cpu` on x64; on arm64 `tensorflow` itself is CPU-only. */
function forEachProcessor(line: string): string[] {
  const [, version] = /^tensorflow-cpu(==[\w.]+)$/.exec(line) ?? [];
  if (version === undefined) return [line];
  return [
    `tensorflow-cpu${version}; platform_machine == "x86_64"`,
    `tensorflow${version}; platform_machine == "aarch64"`,
  ];
}
