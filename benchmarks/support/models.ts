import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { packModel } from '../../lib/pack/index.js';
import { peerPython, ROOT, run } from './peers.js';

/** The package of the logistic regression on the iris flowers. */
export const IRIS = join(ROOT, 'examples', 'iris', 'model');

const CACHE = join(ROOT, '.cache', 'bench');

/** The interpreter that has FastAPI and the frameworks: both sides of a comparison run the same framework. */
export const frameworkPython = (): string => peerPython('frameworks.txt');

/** Two hidden layers of 1024, 256 numbers in, 10 probabilities out. `file` is what the framework saved. */
export function mlp(file: 'mlp.onnx' | 'mlp.pt' | 'mlp_saved_model'): Promise<string> {
  return packed(file, built('models.py'), 'mlp.json');
}

/** The logistic regression on the iris flowers as scikit-learn pickles it. */
export function irisPickle(): Promise<string> {
  return packed('iris.pkl', built('models.py'), 'iris.json');
}

/** A model packed as most people do first, without samples, and the same with samples, whose requests both are asked. */
export interface PlainModel {
  readonly framework: string;
  readonly plain: string;
  readonly sampled: string;
}

/** One model of each format that has a peer, without samples. */
export async function plainModels(): Promise<PlainModel[]> {
  const files = [
    ['onnxruntime', 'mlp.onnx', 'mlp.json'],
    ['scikit-learn', 'iris.pkl', 'iris.json'],
    ['PyTorch', 'mlp.pt', 'mlp.json'],
    ['TensorFlow', 'mlp_saved_model', 'mlp.json'],
  ] as const;
  const models: PlainModel[] = [];
  for (const [framework, file, samples] of files) {
    const folder = built('models.py');
    const sampled = await packed(file, folder, samples);
    models.push({ framework, sampled, plain: await packed(file, folder, samples, true) });
  }
  return models;
}

/** MobileNetV2, one picture of 224 × 224 pixels a request. */
export async function mobilenet(): Promise<string> {
  const folder = join(CACHE, 'mobilenet');
  run(frameworkPython(), [join(ROOT, 'examples', 'mobilenet', 'convert.py'), folder]);
  return packed('model.onnx', folder, 'requests.json');
}

/** The folder to which `script` writes models, which it does again if it has changed. */
function built(script: string): string {
  const path = join(ROOT, 'benchmarks', 'peers', script);
  const folder = join(CACHE, script.replace(/\.py$/, ''));
  const stamp = join(folder, 'built');
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run(frameworkPython(), [path, folder]);
    writeFileSync(stamp, digest);
  }
  return folder;
}

async function packed(file: string, folder: string, samples: string, isPlain = false): Promise<string> {
  process.env[ENVIRONMENT.python] = frameworkPython();
  const out = join(CACHE, isPlain ? 'plain' : 'packages', file);
  await packModel({
    source: join(folder, file),
    name: samples === 'requests.json' ? 'mobilenet' : samples.replace(/\.json$/, ''),
    out,
    ...(!isPlain && { samples: join(folder, samples) }),
    // Our own scripts wrote them.
    trustPickle: true,
    force: true,
  });
  return out;
}
