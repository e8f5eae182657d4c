import type { HttpRequest, HttpResponse, Route } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import type { StatusCode } from '../../tensor/errors.js';
import { asInferenceError, handled } from '../handled.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse } from '../responses.js';
import { BadRequest } from '../text/bad-request.js';
import { Fields } from '../text/fields.js';
import { type TaskModel, type TaskType, TEXT_TASKS, taskModel, textRoutesExist } from '../text/task-model.js';
import { classifyTexts } from './classify.js';
import { embedAll, embedSparse, embedTexts, similarities } from './embed.js';
import { modelInfo } from './info.js';
import { decodeIds, tokenizeTexts } from './tokens.js';

const HEALTH_PATH = '/health';

type Answer<Type extends TaskType> = (
  model: TaskModel<Type>,
  fields: Fields,
  signal: HttpRequest['signal'],
) => HttpResponse | Promise<HttpResponse>;

/**
 * The HTTP API of Hugging Face's text-embeddings-inference, except `/rerank`, which it shares with Cohere's. Each route
 * also exists below `/models/NAME`, for servers with several models.
 */
export function textEmbeddingsInference(): Protocol {
  return {
    name: 'text-embeddings-inference',
    probes: [HEALTH_PATH],
    routes: (models) => [
      { method: 'GET', path: HEALTH_PATH, handler: () => health(models) },
      ...both('info').map(
        (path): Route => ({
          method: 'GET',
          path,
          exists: () => textRoutesExist(models),
          handler: handled(errorResponse, (_, { model }) =>
            jsonResponse(JSON.stringify(modelInfo(taskModel(models, TEXT_TASKS, { path: model })))),
          ),
        }),
      ),
      ...calls(models, 'embed', ['embed'], embedTexts),
      ...calls(models, 'embed_all', ['embed'], embedAll),
      ...calls(models, 'embed_sparse', ['embed'], embedSparse),
      ...calls(models, 'similarity', ['embed'], similarities),
      ...calls(models, 'predict', ['text_classification', 'rerank'], classifyTexts),
      ...calls(models, 'tokenize', TEXT_TASKS, tokenizeTexts),
      ...calls(models, 'decode', TEXT_TASKS, decodeIds),
    ],
    owns: (path) => OWN_PATHS.test(path),
    errorResponse,
  };
}

const OWN_PATHS =
  /^(\/models\/[^/]+)?\/(health|info|embed|embed_all|embed_sparse|similarity|predict|tokenize|decode|rerank)$/;

/** Returns the paths of a call: for the only model, and for a model by name. */
function both(call: string): readonly string[] {
  return [`/${call}`, `/models/:model/${call}`];
}

function calls<Type extends TaskType>(
  models: ModelCatalog,
  call: string,
  types: readonly Type[],
  answer: Answer<Type>,
): readonly Route[] {
  const handler = handled(errorResponse, ({ body, signal }, { model: path }) => {
    const fields = Fields.parse(body);
    const model = taskModel(models, types, { path, body: fields.string('model') });
    return answer(model, fields, signal);
  });
  return both(call).map((path) => ({ method: 'POST', path, handler, exists: () => textRoutesExist(models) }));
}

function health(models: ModelCatalog): HttpResponse {
  return models.ready ? jsonResponse('') : failure(503, 'the models are not ready', 'Unhealthy');
}

/** Status and type of errors; others are `Backend`. */
const FAILURES: Partial<Record<StatusCode, readonly [status: number, type: string]>> = {
  INVALID_ARGUMENT: [422, 'Validation'],
  OUT_OF_RANGE: [413, 'Validation'],
  FAILED_PRECONDITION: [424, 'Backend'],
  RESOURCE_EXHAUSTED: [429, 'Overloaded'],
  UNAVAILABLE: [503, 'Unhealthy'],
};

/** Formats an error as text-embeddings-inference does. Faults of the server keep 500, so that alarms see them. */
export function errorResponse(failed: unknown): HttpResponse {
  const error = asInferenceError(failed);
  const { status, headers } = failureResponse(error, '');
  const [ownStatus, type] = FAILURES[error.code] ?? [status, 'Backend'];
  const response =
    error instanceof BadRequest
      ? failure(400, error.message, error.isEmpty ? 'Empty' : 'Validation')
      : failure(ownStatus, error.message, type);
  return { ...response, headers };
}

function failure(status: number, error: string, type: string): HttpResponse {
  return jsonResponse(JSON.stringify({ error, error_type: type }), status);
}
