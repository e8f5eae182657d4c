import { join } from 'node:path';
import type { Handler, Manifest, ModelFormat } from '../manifest/index.js';
import { ModelPackageError, needsPython, TENSORS_SIGNATURE } from '../manifest/index.js';
import type { Artifact, Engine } from './engine.js';

export type {
  Artifact,
  EncodedIds,
  Engine,
  EngineOptions,
  LoadedModel,
  RowLengths,
  TextToken,
  TextTokens,
} from './engine.js';

const python = async (): Promise<Engine> => (await import('./python/python-engine.js')).pythonEngine;

// Each engine is loaded with the first model that needs it, so that unused engines do not slow down the start.
const ENGINES: Partial<Record<ModelFormat, () => Promise<Engine>>> = {
  saved_model: python,
  torchscript: python,
  exported_program: python,
  torch_pickle: python,
  pickle: python,
  skops: python,
  lightgbm: python,
  xgboost: async () => (await import('./trees/xgboost-engine.js')).xgboostEngine,
  catboost: python,
  onnx: async () => (await import('./onnx/onnx-engine.js')).onnxEngine,
  handler: python,
  npz: async () => (await import('./recommend/recommend-engine.js')).recommendEngine,
};

/** Returns the artifact of the package in `directory`, with the signature in its manifest. */
export function artifactOf(directory: string, manifest: Manifest): Artifact {
  const { artifact, code, format, handler, signatures, task } = manifest;
  // A task or a handler has a signature for the model's own tensors, unless it does without or is the model itself.
  const { inputs, outputs } = ((task || handler) && signatures?.[TENSORS_SIGNATURE]) ?? manifest;
  return {
    path: join(directory, artifact),
    format,
    declared: { inputs, outputs },
    needsPython: needsPython(manifest),
    ...(handler && { handler: onDisk(handler, directory) }),
    ...(code !== undefined && { code: join(directory, code) }),
  };
}

function onDisk({ model, ...handler }: Handler, directory: string): Handler {
  return { ...handler, ...(model && { model: { ...model, path: join(directory, model.path) } }) };
}

/**
 * Returns the engine that runs models of `format`.
 *
 * @throws ModelPackageError `FORMAT_UNKNOWN` if no engine supports it
 */
export function engineFor(format: ModelFormat): Engine {
  const engine = ENGINES[format];
  if (!engine) {
    throw new ModelPackageError(
      'FORMAT_UNKNOWN',
      `this version of the runtime does not run the format ${format}; it runs ${Object.keys(ENGINES).join(', ')}. ` +
        'Export the model to ONNX.',
    );
  }
  return { load: async (artifact, options) => (await engine()).load(artifact, options) };
}
