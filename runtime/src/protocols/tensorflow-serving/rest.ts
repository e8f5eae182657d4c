import type { HttpRequest, HttpResponse, RouteHandler } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import type { ApiCall } from '../../observability/model-totals.js';
import { invalid } from '../../tensor/errors.js';
import { DEFAULT_SIGNATURE } from '../../tensor/tensor.js';
import { acceptingEvents } from '../cloud-events.js';
import { asInferenceError, counted, handled } from '../handled.js';
import { answerModels } from '../openai/index.js';
import { pictureRequest } from '../pictures.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse, textResponse } from '../responses.js';
import { decodeExamplesRequest } from './examples.js';
import { inputsFromExamples } from './features.js';
import { findModel, parseCall, parseStatusPath } from './paths.js';
import { decodePredictRequest, signatureNamed } from './predict-request.js';
import { encodePredictResponse } from './predict-response.js';
import { classifications, encodeClassifications, encodeRegressions, regressions } from './results.js';
import { encodeMetadata, encodeStatus, versionStatuses } from './status.js';

// Paths are case-insensitive, both in the `/v1` prefix and in the rest.
const PATH = '/:api(^[vV]1$)/*';

/**
 * TensorFlow Serving's REST API with its error texts: predict by rows and columns, classify, regress, status and
 * metadata. `NaN` and `Infinity` are numbers in both directions. They are not valid JSON, but its clients rely on them.
 */
export function tensorFlowServing(): Protocol {
  return {
    name: 'tensorflow-serving',
    routes: (models) => {
      const question = handled(errorResponse, (request) => answerStatus(models, request));
      const call = handled(errorResponse, acceptingEvents(callHandler(models)));
      return [
        { method: 'POST', path: '/v1/*', handler: call },
        { method: 'GET', path: '/v1/*', handler: question },
        { method: 'OPTIONS', path: '/v1/*', handler: answerOptions },
        { method: 'POST', path: PATH, handler: call },
        { method: 'GET', path: PATH, handler: question },
      ];
    },
    owns: (path) => /^\/v1(\/|$)/i.test(path),
    errorResponse,
    unmatched: (request) => errorResponse(malformed(request)),
  };
}

function callHandler(models: ModelCatalog): RouteHandler {
  return async (request) => {
    const call = parseCall(request.path);
    if (!call) throw malformed(request);
    const model = findModel(models, call);
    if (call.method !== 'predict') return answerExamples(model, call.method, request);
    const pictures = await pictureRequest(request, model);
    const { inputs, rows, signatureName } = pictures ?? decodePredictRequest(request.body, model);
    const { outputs } = await model.infer({ inputs, signatureName, signal: request.signal });
    return timed(encodePredictResponse(outputs, rows), model, 'Predict REST');
  };
}

/** Responds to a classify or regress call. @throws InferenceError */
export async function answerExamples(
  model: ServedModel,
  method: 'classify' | 'regress',
  request: HttpRequest,
): Promise<HttpResponse> {
  const { inputs, signature, signatureName, count } = readExamples(model, request.body);
  const { outputs } = await model.infer({ inputs, signatureName, signal: request.signal });
  return method === 'classify'
    ? timed(encodeClassifications(classifications(signature, outputs, count)), model, 'Classify REST')
    : timed(encodeRegressions(regressions(outputs, count)), model, 'Regress REST');
}

function readExamples(model: ServedModel, body: Buffer) {
  try {
    const { examples, signatureName = DEFAULT_SIGNATURE } = decodeExamplesRequest(body);
    const signature = signatureNamed(model, signatureName);
    model.metrics?.examples.observe(examples.length);
    return { inputs: inputsFromExamples(signature, examples), signature, signatureName, count: examples.length };
  } catch (error) {
    throw counted(model, error);
  }
}

/** Creates a response whose latency is recorded once it is complete. */
function timed(body: Buffer | string, { metrics }: ServedModel, call: ApiCall): HttpResponse {
  return jsonResponse(body, 200, metrics?.latencyOf(call));
}

function answerStatus(models: ModelCatalog, request: HttpRequest): HttpResponse {
  const listed = answerModels(models, request.path);
  if (listed) return listed;
  const question = parseStatusPath(request.path);
  if (!question) throw malformed(request);
  return jsonResponse(
    question.metadata ? encodeMetadata(findModel(models, question)) : encodeStatus(versionStatuses(models, question)),
  );
}

function answerOptions(request: HttpRequest): HttpResponse {
  const isBrowser = /https?:\/\//.test(request.headers.origin ?? '');
  return textResponse('', isBrowser ? 200 : 400);
}

function malformed(request: HttpRequest): Error {
  return invalid(`Malformed request: ${request.method} ${request.path}`);
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  return failureResponse(error, `${JSON.stringify({ error: error.message }, null, 4)}\n`);
}
