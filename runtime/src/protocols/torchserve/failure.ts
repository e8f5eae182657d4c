import type { HttpResponse } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import { jsonResponse } from '../responses.js';

/** Returns the response for a model, or a version of one, that is not served. */
export function notFound(models: ModelCatalog, name: string, version: string | undefined): HttpResponse {
  const isVersion = version !== undefined && models.find(name) !== undefined;
  return failure(
    404,
    isVersion ? `Model version: ${version} does not exist for model: ${name}` : `Model not found: ${name}`,
    isVersion ? 'ModelVersionNotFoundException' : 'ModelNotFoundException',
  );
}

/** Creates an error response of TorchServe. @param type name of its exception */
export function failure(code: number, message: string, type: string): HttpResponse {
  return prettyJson({ code, type, message }, code);
}

/** Creates a response with JSON in TorchServe's layout. */
export function prettyJson(value: object, status = 200): HttpResponse {
  return jsonResponse(`${JSON.stringify(value, null, 2)}\n`, status);
}
