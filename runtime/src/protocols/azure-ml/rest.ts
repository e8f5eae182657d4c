import { randomUUID } from 'node:crypto';
import { SCORE_PATH } from '../../contract.js';
import type { HttpRequest, HttpResponse, RouteHandler } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import { InferenceError } from '../../tensor/errors.js';
import { asInferenceError } from '../handled.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse, textResponse } from '../responses.js';
import { soleModel } from '../sole-model.js';
import { type Dialect, decodePredictRequest } from '../tensorflow-serving/predict-request.js';
import { encodePredictResponse } from '../tensorflow-serving/predict-response.js';
import { swagger } from './swagger.js';

/** `data` is what scoring scripts made by the studio take, `input_data` what MLflow models do. */
const DIALECT: Dialect = { rowKeys: ['data', 'input_data'], bareRows: true };

/** Ids that the caller may give, and that the answer brings back. */
const ID_HEADERS = ['x-request-id', 'x-ms-client-request-id'] as const;
const LONGEST_ID = 100;

/** What Azure ML's inference server answers: `/score`, `/` and `/swagger.json`. */
export function azureMl(): Protocol {
  return {
    name: 'azure-ml',
    routes: (models) => {
      const score = withRequestId((request) => answerScore(models, request));
      return [
        { method: 'GET', path: '/', handler: withRequestId(() => textResponse('Healthy')) },
        { method: 'POST', path: SCORE_PATH, handler: score },
        { method: 'GET', path: SCORE_PATH, handler: score },
        { method: 'OPTIONS', path: SCORE_PATH, handler: withRequestId(() => textResponse('')) },
        { method: 'GET', path: '/swagger.json', handler: withRequestId((request) => answerSwagger(models, request)) },
      ];
    },
    owns: (path) => path === SCORE_PATH || path === '/swagger.json',
    errorResponse,
  };
}

async function answerScore(models: ModelCatalog, request: HttpRequest): Promise<HttpResponse> {
  const model = soleModel(models);
  const { inputs, rows, signatureName } = decodePredictRequest(request.body, model, DIALECT);
  const start = performance.now();
  const { outputs } = await model.infer({ inputs, signatureName, signal: request.signal });
  const milliseconds = performance.now() - start;
  const response = jsonResponse(encodePredictResponse(outputs, rows));
  return withHeaders(response, {
    'x-ms-run-fn-exec-ms': milliseconds.toFixed(3),
    'x-ms-run-function-failed': 'False',
  });
}

function answerSwagger(models: ModelCatalog, request: HttpRequest): HttpResponse {
  const version = new URLSearchParams(request.query).get('version') ?? '2';
  if (version !== '2' && version !== '3') {
    return jsonResponse(
      JSON.stringify({ message: `no swagger of version ${version.slice(0, 40)}: 2 and 3 are there` }),
      404,
    );
  }
  return jsonResponse(JSON.stringify(swagger(soleModel(models), version)));
}

/** Brings back the ids of the request, or one made up, and refuses those that are too long to be ids. */
function withRequestId(handler: RouteHandler): RouteHandler {
  return async (request, parameters) => {
    const ids: Record<string, string> = {};
    for (const name of ID_HEADERS) {
      const id = request.headers[name];
      if (id === undefined) continue;
      if (id.length > LONGEST_ID) {
        return jsonResponse(JSON.stringify({ message: `${name} is longer than ${LONGEST_ID} characters` }), 431);
      }
      ids[name] = id;
    }
    ids['x-request-id'] ??= randomUUID();
    try {
      return withHeaders(await handler(request, parameters), ids);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      return withHeaders(errorResponse(error), ids);
    }
  };
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  const response = failureResponse(error, JSON.stringify({ message: error.message }));
  return response.status < 500 ? response : withHeaders(response, { 'x-ms-run-function-failed': 'True' });
}

function withHeaders(response: HttpResponse, headers: Readonly<Record<string, string>>): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } };
}
