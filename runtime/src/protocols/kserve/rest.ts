import type { HttpResponse, Route } from '../../http/http.js';
import { loadingError, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { InferenceError } from '../../tensor/errors.js';
import { acceptingEvents } from '../cloud-events.js';
import { asInferenceError, handled } from '../handled.js';
import { answerModels } from '../openai/index.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse } from '../responses.js';
import { explain } from './explain.js';

/** Options of the KServe protocol. */
export interface KServeOptions {
  /**
   * Whether `GET /v1/models` and `GET /v1/models/M` return KServe's responses instead of TensorFlow Serving's.
   *
   * @default false
   */
  readonly status?: boolean;
}

/**
 * Parts of KServe's v1 protocol that TensorFlow Serving's lacks: `:explain`, and optionally KServe's model status.
 * TensorFlow Serving's protocol handles `:predict`, which is the same in both.
 */
export function kserve({ status = false }: KServeOptions = {}): Protocol {
  return {
    name: 'kserve',
    routes: (models) => [
      {
        method: 'POST',
        path: '/v1/models/:model(^[^/:]+)::explain',
        handler: handled(
          errorResponse,
          acceptingEvents(async ({ body, signal }, { model: name = '' }) =>
            jsonResponse(await explain(find(models, name), body, { signal })),
          ),
        ),
      },
      ...(status ? statusRoutes(models) : []),
    ],
    owns: (path) => /^\/v1\/models\/[^/:]+:explain$/.test(path),
    errorResponse,
  };
}

function statusRoutes(models: ModelCatalog): readonly Route[] {
  return [
    { method: 'GET', path: '/', handler: () => jsonResponse('{"status":"alive"}') },
    {
      method: 'GET',
      path: '/v1/models',
      handler: ({ path }) => answerModels(models, path) ?? jsonResponse(JSON.stringify({ models: models.names() })),
    },
    {
      method: 'GET',
      path: '/v1/models/:model',
      handler: handled(errorResponse, (_, { model: name = '' }) => {
        const isReady = models.find(name)?.isReady ?? false;
        if (!isReady && models.versions(name).length === 0) throw loadingError(models, name) ?? unknown(name);
        return jsonResponse(JSON.stringify({ name, ready: isReady }), isReady ? 200 : 503);
      }),
    },
  ];
}

function find(models: ModelCatalog, name: string): ServedModel {
  const model = models.find(name);
  if (!model) throw loadingError(models, name) ?? unknown(name);
  return model;
}

function unknown(name: string): InferenceError {
  return new InferenceError('NOT_FOUND', `Model with name ${name} does not exist.`);
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  return failureResponse(error, JSON.stringify({ error: error.message }));
}
