import type { ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import { InferenceError, invalid } from '../tensor/errors.js';

/**
 * The one model of a host whose calls name none.
 *
 * @throws InferenceError `UNAVAILABLE` while it is not loaded, or `INVALID_ARGUMENT` if there are several
 */
export function soleModel(models: ModelCatalog): ServedModel {
  // A model that could not be loaded, or is on its way, leaves no doubt which one is meant.
  const [model, ...others] = models.names().flatMap((name) => models.find(name) ?? []);
  if (others.length > 0) {
    throw invalid(`the call names none of the models ${[model!, ...others].map(({ name }) => name).join(', ')}`);
  }
  if (!model) throw new InferenceError('UNAVAILABLE', 'the model is not loaded', 1);
  return model;
}
