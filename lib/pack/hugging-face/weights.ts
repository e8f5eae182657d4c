import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import type { HuggingFaceFolder } from './folder.js';

/** Weights of a model, in one of the files of its folder. */
export interface Weights {
  /** Whether the weights are in an ONNX graph, or must be exported by PyTorch. */
  readonly format: 'onnx' | 'safetensors';
  readonly path: string;
  /** Path relative to the folder, with forward slashes. */
  readonly name: string;
}

/** Weights that are used unless others are named, the first that exists. */
const DEFAULT_WEIGHTS = ['model.onnx', 'onnx/model.onnx'];

/** Weights of PyTorch, in one file or in several that the second one lists. */
const SAFETENSORS = ['model.safetensors', 'model.safetensors.index.json'];

/**
 * Chooses the weights of a folder: those named, or else `model.onnx`, `onnx/model.onnx`, the only ONNX file, or
 * `model.safetensors`.
 *
 * @param name path in the folder, or file name with or without its extension
 * @throws ModelPackageError `FILE_MISSING` if there are none, or if several fit
 */
export function chooseWeights(folder: HuggingFaceFolder, name?: string): Weights {
  const all = weightsIn(folder);
  const list = all.map((each) => each.name).join(', ');
  if (name !== undefined) {
    const exact = all.find((each) => each.name === name);
    if (exact) return exact;
    const found = all.filter((each) => [basename(each.name), basename(each.name, '.onnx')].includes(name));
    if (found.length === 1) return found[0]!;
    throw missing(
      `${folder.root} has ${found.length === 0 ? 'no' : 'several'} weights named ${JSON.stringify(name)}; it has ` +
        `${list || 'none'}. Give the path of one of these with \`--weights\`.`,
    );
  }
  for (const each of DEFAULT_WEIGHTS) {
    const found = all.find((weights) => weights.name === each);
    if (found) return found;
  }
  const onnx = all.filter(({ format }) => format === 'onnx');
  if (onnx.length > 1) {
    throw missing(`${folder.root} has several ONNX models: ${list}. Choose one of them with \`--weights\`.`);
  }
  const only = onnx[0] ?? all[0];
  if (only) return only;
  const hasPickle = existsSync(join(folder.transformer, 'pytorch_model.bin'));
  throw missing(
    `${folder.root} has neither ONNX weights (model.onnx or onnx/*.onnx) nor model.safetensors. ` +
      (hasPickle
        ? 'pytorch_model.bin can run code when it is loaded: load it yourself, and save it with `model.save_pretrained(FOLDER)`.'
        : 'Copy the weights beside config.json.'),
  );
}

function weightsIn({ root, transformer }: HuggingFaceFolder): Weights[] {
  const found = new Map<string, Weights>();
  for (const folder of new Set([transformer, root])) {
    for (const below of ['', 'onnx']) {
      const directory = join(folder, below);
      if (!existsSync(directory)) continue;
      for (const file of readdirSync(directory).sort()) {
        const isOnnx = file.endsWith('.onnx');
        if (!isOnnx && (below !== '' || !SAFETENSORS.includes(file))) continue;
        const name = below === '' ? file : `${below}/${file}`;
        if (found.has(name)) continue;
        found.set(name, { format: isOnnx ? 'onnx' : 'safetensors', path: join(directory, file), name });
      }
    }
  }
  return [...found.values()];
}

function missing(message: string): ModelPackageError {
  return new ModelPackageError('FILE_MISSING', message);
}
