import type { HttpRequest, HttpResponse, Route } from '../../http/http.js';
import { loadingError, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import type { InferenceError } from '../../tensor/errors.js';
import { asInferenceError, handled } from '../handled.js';
import { callHandler, handlerRequest, isHandler } from '../handler.js';
import { explain } from '../kserve/index.js';
import { pictureRequest } from '../pictures.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse } from '../responses.js';
import { contentOf } from './content.js';
import { failure, notFound } from './failure.js';
import { predict, predictRows, versionNumber } from './predict.js';

/** TorchServe's exception names by status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestException',
  404: 'ModelNotFoundException',
  408: 'RequestTimeoutException',
  429: 'TooManyRequestsException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
};

/**
 * TorchServe's inference API: `/predictions/M` and `/explanations/M`. The body is JSON, the raw bytes of the only
 * input, or a form whose field `data` is either. The response is the list of predictions, as from its default handlers.
 *
 * SageMaker's protocol handles `/ping`, which is the same in both.
 */
export function torchServe(): Protocol {
  return {
    name: 'torchserve',
    routes: (models) => [
      ...routesOf('predictions', models, async (model, request) => {
        const pictures = await pictureRequest(request, model);
        return pictures
          ? predictRows(model, pictures, request.signal)
          : predict(model, await contentOf(request), request.signal);
      }),
      ...routesOf('explanations', models, async (model, request) => {
        const { bytes } = await contentOf(request);
        return explain(model, bytes, { signal: request.signal, bare: true });
      }),
    ],
    owns: (path) => /^\/(predictions|explanations)\//.test(path),
    errorResponse,
  };
}

type Answer = (model: ServedModel, request: HttpRequest) => Promise<Buffer | string>;

function routesOf(what: 'predictions' | 'explanations', models: ModelCatalog, answer: Answer): readonly Route[] {
  const handler = handled(errorResponse, async (request, { model: name = '', version: written }) => {
    const version = versionNumber(written);
    const model = models.find(name, version);
    if (!model) {
      const loading = loadingError(models, name, version);
      if (loading) throw loading;
      return notFound(models, name, written);
    }
    if (isHandler(model)) {
      const { headers, ...rest } = await handlerRequest(request);
      return callHandler(
        model,
        { ...rest, headers: { ...headers, explain: what === 'explanations' ? 'True' : 'False' } },
        handlerFailure,
      );
    }
    return jsonResponse(await answer(model, request));
  });
  // TorchServe's documentation sends files by `curl -T`, which is PUT.
  const methods = ['POST', 'PUT'] as const;
  const paths = [`/${what}/:model`, `/${what}/:model/:version`];
  return paths.flatMap((path) => methods.map((method) => ({ method, path, handler })));
}

/** Encodes the failure of a handler, which TorchServe reports as an internal error whatever its status. */
function handlerFailure(status: number, message: string): HttpResponse {
  return failure(status, message, TYPES[500]!);
}

function errorResponse(failed: unknown): HttpResponse {
  const error: InferenceError = asInferenceError(failed);
  const { status, headers } = failureResponse(error, '');
  return { ...failure(status, error.message, TYPES[status] ?? TYPES[500]!), headers };
}
