import { LIVE_PATH, READY_PATH } from '../../contract.js';
import type { HttpRequest, HttpResponse, Route, RouteHandler, RouteParameters } from '../../http/http.js';
import type { ModelCatalog, ModelControl } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { isPicture } from '../../tasks/images/decode.js';
import { invalid } from '../../tensor/errors.js';
import { decodeInferRequest, type InferRequest } from '../../tensor/open-inference/infer-request.js';
import { textOptions } from '../../tensor/open-inference/text-options.js';
import { asInferenceError, counted, handled } from '../handled.js';
import { anyTakesPictures, isPictureType, pictureRequest } from '../pictures.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse } from '../responses.js';
import { encodeInferResponse, JSON_LENGTH_HEADER } from './infer-response.js';
import { modelConfiguration, modelMetadata, serverMetadata } from './metadata.js';
import { findModel, selectOutputs } from './model-call.js';
import { loadModel, loadParameters, repositoryIndex, unloadModel } from './repository.js';
import { modelStatistics } from './statistics.js';

const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;

/**
 * Content types accepted for a body with JSON. The defaults of curl and browsers are accepted too, because clients do
 * not choose them deliberately.
 */
const JSON_TYPES =
  /^(application\/(json|octet-stream|x-www-form-urlencoded|[\w.-]+\+json)|text\/(plain|json))? *(;|$)/i;

/**
 * The Open Inference Protocol v2 over REST, with tensors in JSON or binary. It includes Triton's extensions for
 * configuration, statistics, repository and classification.
 */
export function openInference(): Protocol {
  return {
    name: 'open-inference',
    probes: [LIVE_PATH, READY_PATH],
    routes: (models) => [
      get(LIVE_PATH, () => json({ live: true })),
      get(READY_PATH, () => json({ ready: models.ready }, models.ready ? 200 : 503)),
      get('/v2', () => json(serverMetadata())),
      get('/v2/models', () => json({ models: models.names() })),
      get('/v2/models/stats', async () => json(await modelStatistics(models))),
      post('/v2/repository/index', (request) => json(repositoryIndex(models, wantsReadyOnly(request)))),
      ...(models.control ? controlRoutes(models.control) : []),
      ...[MODEL, VERSION].flatMap((path) => [
        get(path, (_, parameters) => json(modelMetadata(models, findNamed(models, parameters)))),
        get(`${path}/ready`, (_, parameters) => readiness(models, parameters)),
        get(`${path}/stats`, async (_, { model, version }) => json(await modelStatistics(models, model, version))),
        get(`${path}/config`, (_, parameters) => json(modelConfiguration(findNamed(models, parameters)))),
        post(`${path}/infer`, inferHandler(models)),
      ]),
    ],
    owns: (path) => /^\/v2(\/|$)/.test(path),
    errorResponse,
  };
}

/** Responds to an infer call for `model`. @throws InferenceError */
export async function infer(model: ServedModel, request: HttpRequest): Promise<HttpResponse> {
  const signature = model.signatures.serving_default!;
  const decoded = decode(model, request);
  const { outputs } = await model.infer({
    inputs: decoded.inputs,
    outputs: decoded.outputs?.map(({ name }) => name),
    ...(model.tokens && { text: textOptions(decoded.parameters) }),
    signal: request.signal,
  });
  return encodeInferResponse(model, decoded, selectOutputs(signature, decoded.outputs, outputs));
}

function decode(model: ServedModel, request: HttpRequest): InferRequest {
  try {
    return decodeInferRequest(request.body, model.signatures.serving_default!, jsonLength(request));
  } catch (error) {
    throw counted(model, error);
  }
}

function inferHandler(models: ModelCatalog): RouteHandler {
  // The function is not async, because that would add a promise to every request. Bodies are searched for pictures only
  // if a model takes them.
  return (request, parameters) => {
    const mayBePicture =
      anyTakesPictures(models) && (isPictureType(request.headers['content-type']) || isPicture(request.body));
    return (mayBePicture ? inferPictures : inferTensors)(models, request, parameters);
  };
}

/** Responds to a body that may be a picture, or a form of pictures. */
async function inferPictures(
  models: ModelCatalog,
  request: HttpRequest,
  parameters: RouteParameters,
): Promise<HttpResponse> {
  const model = findNamed(models, parameters);
  const pictures = await pictureRequest(request, model);
  if (!pictures) return inferTensors(models, request, parameters);
  const { inputs } = pictures;
  const { outputs } = await model.infer({ inputs, signal: request.signal });
  return encodeInferResponse(model, { inputs, parameters: new Map() }, outputs);
}

function inferTensors(
  models: ModelCatalog,
  request: HttpRequest,
  parameters: RouteParameters,
): HttpResponse | Promise<HttpResponse> {
  const type = request.headers['content-type'];
  if (type === undefined || JSON_TYPES.test(type)) return infer(findNamed(models, parameters), request);
  return json(
    { error: `content-type ${type} is not supported: use application/json or application/octet-stream` },
    415,
  );
}

/**
 * Returns the routes to load and unload models. The responses follow KServe, because Triton's clients read only the
 * status code.
 */
function controlRoutes(control: ModelControl): readonly Route[] {
  const routes = [
    post('/v2/repository/models/:model/load', async ({ body }, { model: name = '' }) => {
      await loadModel(control, name, loadParameters(body));
      return json({ name, load: true });
    }),
    post('/v2/repository/models/:model/unload', async ({ body }, { model: name = '' }) => {
      await unloadModel(control, name, loadParameters(body));
      return json({ name, unload: true });
    }),
  ];
  return routes.map((route) => ({ ...route, controls: true }));
}

/** Returns the number of JSON bytes in the body, or undefined if the whole body is JSON. */
function jsonLength(request: HttpRequest): number | undefined {
  const header = request.headers[JSON_LENGTH_HEADER];
  if (header === undefined) return undefined;
  const length = /^\d{1,15}$/.test(header) ? Number(header) : -1;
  if (length < 0 || length > request.body.length) {
    throw invalid(
      `Inference-Header-Content-Length is ${header.slice(0, 40)}: 0 to ${request.body.length}, the length of the body, are allowed`,
    );
  }
  return length;
}

function findNamed(models: ModelCatalog, { model = '', version }: RouteParameters): ServedModel {
  return findModel(models, model, version);
}

function readiness(models: ModelCatalog, parameters: RouteParameters): HttpResponse {
  const name = parameters.model ?? '';
  try {
    const { isReady } = findNamed(models, parameters);
    return json({ name, ready: isReady }, isReady ? 200 : 503);
  } catch (error) {
    if (asInferenceError(error).code !== 'UNAVAILABLE') throw error;
    return json({ name, ready: false }, 503);
  }
}

function wantsReadyOnly(request: HttpRequest): boolean {
  if (request.body.length === 0) return false;
  let ready: unknown;
  try {
    ready = (JSON.parse(request.body.toString()) as { ready?: unknown } | null)?.ready ?? false;
  } catch {}
  if (typeof ready === 'boolean') return ready;
  throw invalid('the body must be JSON, {"ready": true} for the ready models only');
}

function get(path: string, handler: RouteHandler): Route {
  return { method: 'GET', path, handler: handled(errorResponse, handler) };
}

function post(path: string, handler: RouteHandler): Route {
  return { method: 'POST', path, handler: handled(errorResponse, handler) };
}

function json(value: object, status = 200): HttpResponse {
  return jsonResponse(JSON.stringify(value), status);
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  return failureResponse(error, JSON.stringify({ error: error.message }));
}
