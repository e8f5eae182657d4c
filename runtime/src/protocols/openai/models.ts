import type { HttpResponse } from '../../http/http.js';
import { loadedModels, type ModelCatalog } from '../../models/model-catalog.js';
import { jsonResponse } from '../responses.js';
import { isTextModel } from '../text/task-model.js';

/** Path that OpenAI's API shares with TensorFlow Serving's and KServe's. */
const MODELS_PATH = '/v1/models';

/** Responds to `GET /v1/models` as OpenAI's API does, or returns undefined if no model reads texts. */
export function answerModels(models: ModelCatalog, path: string): HttpResponse | undefined {
  if (path !== MODELS_PATH) return undefined;
  const data = loadedModels(models)
    .filter(isTextModel)
    // Packages do not record when they were made.
    .map(({ name }) => ({ id: name, object: 'model', created: 0, owned_by: 'modelship' }));
  return data.length === 0 ? undefined : jsonResponse(JSON.stringify({ object: 'list', data }));
}
