import { readFile, stat } from 'node:fs/promises';
import type { ModelFormat } from '../manifest/index.js';
import { DEFAULT_SIGNATURE } from '../tensor/tensor.js';
import { type AdditiveModel, MAX_PARSED_BYTES } from './additive-model.js';
import type { Artifact, LoadedModel } from './engine.js';

type Reader = (path: string, model: LoadedModel) => Promise<AdditiveModel | undefined>;

/** Reads the trees or the weights from the worker that runs the estimator. */
const estimator: Reader = async (_, model) => {
  const parameters = await model.parameters?.();
  const { additiveModelOf } = await import('./python/parameters.js');
  return parameters && additiveModelOf(parameters);
};

const READERS: Partial<Record<ModelFormat, Reader>> = {
  async onnx(path, { signatures }) {
    const [input] = signatures[DEFAULT_SIGNATURE]!.inputs;
    const { readAdditiveGraph } = await import('./onnx/additive-graph.js');
    const [, columns = -1, ...others] = input!.shape;
    if (columns === -1 || others.length > 0) return undefined;
    return readAdditiveGraph(path, columns, input!.datatype);
  },
  async xgboost(path) {
    const { readXgboostTrees } = await import('./trees/xgboost-file.js');
    return readXgboostTrees(await readFile(path));
  },
  async lightgbm(path) {
    const { readLightgbmTrees } = await import('./trees/lightgbm-file.js');
    return readLightgbmTrees(await readFile(path));
  },
  pickle: estimator,
  skops: estimator,
};

/**
 * Returns the trees or the weights of a loaded model with one input.
 *
 * @returns undefined if the effects of its features cannot be computed from them
 */
export async function readAdditiveModel(artifact: Artifact, model: LoadedModel): Promise<AdditiveModel | undefined> {
  const read = READERS[artifact.format];
  const isReadable = read && model.signatures[DEFAULT_SIGNATURE]!.inputs.length === 1;
  if (!isReadable || (await stat(artifact.path)).size > MAX_PARSED_BYTES) return undefined;
  await artifact.verify?.();
  return read(artifact.path, model);
}
