import { loadedModels, type ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import { InferenceError, invalid } from '../tensor/errors.js';

/**
 * Returns the only model, for hosts whose calls name no model.
 *
 * @throws InferenceError `UNAVAILABLE` while it is not loaded, or `INVALID_ARGUMENT` if there are several
 */
export function soleModel(models: ModelCatalog): ServedModel {
  // Models that are loading or failed to load do not make the choice ambiguous.
  const [model, ...others] = loadedModels(models);
  if (others.length > 0) {
    throw invalid(`the request names none of the models ${[model!, ...others].map(({ name }) => name).join(', ')}`);
  }
  if (!model) throw new InferenceError('UNAVAILABLE', 'the model is not loaded', 1);
  return model;
}
