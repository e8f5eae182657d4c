import { loadingError, type ModelCatalog, servedModels } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { InferenceError } from '../../tensor/errors.js';
import type { RequestedOutput } from '../../tensor/open-inference/request-parts.js';
import type { Signature, Tensor } from '../../tensor/tensor.js';
import { classified } from './classification.js';

/**
 * Finds a model by name, in its newest version unless `version` is given.
 *
 * @throws InferenceError `NOT_FOUND`, or `UNAVAILABLE` if it exists but is not ready
 */
export function findModel(models: ModelCatalog, name: string, version?: string): ServedModel {
  const model = models.find(name, version);
  if (model) return model;
  const loading = loadingError(models, name, version);
  if (loading) throw loading;
  const isKnown = models.versions(name).some((candidate) => version === undefined || candidate.version === version);
  const what = version === undefined ? `model ${name}` : `version ${version} of model ${name}`;
  throw isKnown
    ? new InferenceError('UNAVAILABLE', `${what} is not ready`, 1)
    : new InferenceError('NOT_FOUND', `${what} does not exist; ${servedModels(models)}`);
}

/**
 * Returns the requested outputs in the requested order, ranked into classes where the request sets `classification`.
 */
export function selectOutputs(
  signature: Signature,
  requested: readonly RequestedOutput[] | undefined,
  outputs: readonly Tensor[],
): readonly Tensor[] {
  if (!requested) return outputs;
  return requested.map((wanted) => {
    const output = outputs.find(({ name }) => name === wanted.name)!;
    return classified(wanted, output, signature.outputs.find(({ name }) => name === wanted.name)?.labels);
  });
}
