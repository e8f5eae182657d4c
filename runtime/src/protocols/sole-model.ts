import { InferenceError, invalid } from '../inference/errors.js';
import type { ModelCatalog, ServedModel } from './protocol.js';

/**
 * The one model of a host whose calls name none.
 *
 * @throws InferenceError `UNAVAILABLE` while it is not loaded, or `INVALID_ARGUMENT` if there are several
 */
export function soleModel(models: ModelCatalog): ServedModel {
  const names = models.names();
  if (names.length > 1) throw invalid(`the call names none of the models ${names.join(', ')}`);
  const model = names.length === 1 ? models.find(names[0]!) : undefined;
  if (!model) throw new InferenceError('UNAVAILABLE', 'the model is not loaded', 1);
  return model;
}
