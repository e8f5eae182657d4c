import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { packModel } from '../../lib/pack/index.js';
import { CACHE, FRAMEWORK_PYTHON, ROOT, run } from './peers.js';

/** The package of the logistic regression on the iris flowers. */
export const IRIS = join(ROOT, 'examples', 'iris', 'model');

/** Two hidden layers of 1024, 256 numbers in, 10 probabilities out. `file` is what the framework saved. */
export function mlp(file: 'mlp.onnx' | 'mlp.pt' | 'mlp_saved_model'): Promise<string> {
  return packed(file, built('models.py'), 'mlp.json');
}

/** The logistic regression on the iris flowers as scikit-learn pickles it. */
export function irisPickle(): Promise<string> {
  return packed('iris.pkl', built('models.py'), 'iris.json');
}

/** A model packed as most people do first, without samples, and the same with samples, whose requests both are asked. */
interface PlainModel {
  readonly framework: string;
  readonly plain: string;
  readonly sampled: string;
}

/** Models that are packed without samples, by their format. */
export const PLAIN_MODELS = {
  onnx: { framework: 'onnxruntime', file: 'mlp.onnx', samples: 'mlp.json' },
  pickle: { framework: 'scikit-learn', file: 'iris.pkl', samples: 'iris.json' },
  torchscript: { framework: 'PyTorch', file: 'mlp.pt', samples: 'mlp.json' },
  'saved-model': { framework: 'TensorFlow', file: 'mlp_saved_model', samples: 'mlp.json' },
} as const;

export type PlainFormat = keyof typeof PLAIN_MODELS;

/** The model of a format, without samples. */
export async function plainModel(format: PlainFormat): Promise<PlainModel> {
  const { framework, file, samples } = PLAIN_MODELS[format];
  const folder = built('models.py');
  const sampled = await packed(file, folder, samples);
  return { framework, sampled, plain: await packed(file, folder, samples, true) };
}

/** MobileNetV2, one picture of 224 × 224 pixels a request. */
export async function mobilenet(): Promise<string> {
  const folder = join(CACHE, 'mobilenet');
  run(FRAMEWORK_PYTHON, [join(ROOT, 'examples', 'mobilenet', 'convert.py'), folder]);
  return packed('model.onnx', folder, 'requests.json');
}

/** all-MiniLM-L6-v2, and the folder from which it is packed, as the hub has it. */
export interface TextModel {
  readonly folder: string;
  /** Package of the weights as 8-bit integers, which are computed with as floats. */
  readonly int8: string;
  /** Package of the weights of PyTorch. */
  readonly fp32: string;
}

/** all-MiniLM-L6-v2 for texts of up to 512 tokens, which are as many as it has positions. */
export async function minilm(): Promise<TextModel> {
  const folder = join(CACHE, 'minilm');
  run(FRAMEWORK_PYTHON, [join(ROOT, 'examples', 'minilm', 'folder.py'), folder]);
  const settings = { max_seq_length: 512, do_lower_case: false };
  writeFileSync(join(folder, 'sentence_bert_config.json'), JSON.stringify(settings));
  const pack = async (name: string, weights?: string) => {
    process.env[ENVIRONMENT.python] = FRAMEWORK_PYTHON;
    const out = join(CACHE, 'packages', name);
    // Exporting PyTorch's weights takes a minute.
    if (!existsSync(out)) await packModel({ source: folder, name, out, weights });
    return out;
  };
  return {
    folder,
    int8: await pack('minilm-int8', 'onnx/model_quantized.onnx'),
    fp32: await pack('minilm-fp32', 'model.safetensors'),
  };
}

/** Pictures of the benchmark, by width and height. */
export type PictureSize = '640x480' | '3000x2000';

/** MobileNetV2 that takes pictures, and a picture of each size. */
export async function pictureClassifier(): Promise<{ modelPackage: string; pictures: Record<PictureSize, string> }> {
  const folder = built('pictures.py');
  const modelPackage = join(CACHE, 'packages', 'classifier');
  await packModel({ source: join(folder, 'classifier'), name: 'classifier', out: modelPackage, force: true });
  const picture = (size: PictureSize) => join(folder, `${size}.jpg`);
  return { modelPackage, pictures: { '640x480': picture('640x480'), '3000x2000': picture('3000x2000') } };
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
    run(FRAMEWORK_PYTHON, [path, folder]);
    writeFileSync(stamp, digest);
  }
  return folder;
}

async function packed(file: string, folder: string, samples: string, isPlain = false): Promise<string> {
  process.env[ENVIRONMENT.python] = FRAMEWORK_PYTHON;
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
