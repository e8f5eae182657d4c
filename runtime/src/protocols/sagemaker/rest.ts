import type { HttpRequest, HttpResponse, Route, RouteHandler } from '../../http/http.js';
import { loadedModels, loadingError, type ModelCatalog, type ModelControl } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import { asInferenceError, handled } from '../handled.js';
import { callHandler, handlerRequest, isHandler } from '../handler.js';
import { answerTexts } from '../hugging-face/index.js';
import { infer, inferTyped, isInferRequest } from '../open-inference/index.js';
import { pictureRequest } from '../pictures.js';
import type { Protocol } from '../protocol.js';
import { failureResponse, jsonResponse, textResponse } from '../responses.js';
import { soleModel } from '../sole-model.js';
import { answerExamples } from '../tensorflow-serving/rest.js';
import type { ModelChoice } from '../text/task-model.js';
import {
  ACCEPTED_TYPES,
  CONTENT_TYPES,
  DEFAULT_TYPE,
  decoderFor,
  encoderFor,
  isJson,
  responseForm,
} from './content.js';

/** Health check path, shared with TorchServe. */
const PING_PATH = '/ping';

/** Header that SageMaker forwards from its caller to the container. */
const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';

/** Content type that Triton's clients use to send binary tensors through SageMaker. */
const TRITON_TYPE = 'application/vnd.sagemaker-triton.binary+json';

/** Status that makes SageMaker unload another model and retry. */
const INSUFFICIENT_STORAGE = 507;

type Attributes = ReadonlyMap<string, string>;

/** Options of the SageMaker protocol. */
export interface SageMakerOptions {
  /** Response type for callers that accept any type. @default - JSON */
  readonly accept?: string;
}

/**
 * SageMaker's container protocol: `/ping`, and `/invocations` with JSON, JSON Lines, CSV, npy and npz. If models can be
 * loaded on request, it includes the calls under `/models` for multi-model endpoints.
 */
export function sageMaker({ accept = DEFAULT_TYPE }: SageMakerOptions = {}): Protocol {
  if (!ACCEPTED_TYPES.includes(accept)) {
    throw new Error(`a SageMaker response cannot have the type ${accept}: ${ACCEPTED_TYPES.join(', ')} are supported`);
  }
  return {
    name: 'sagemaker',
    probes: [PING_PATH],
    routes: (models) => [
      { method: 'GET', path: PING_PATH, handler: () => ping(models) },
      post('/invocations', (request) => {
        const attributes = attributesOf(request);
        return answer(models, request, attributes.get('tfs-model-name'), attributes, accept);
      }),
      ...(models.control ? multiModelRoutes(models, models.control, accept) : []),
    ],
    owns: (path) => /^\/(ping|invocations|models(\/.*)?)$/.test(path),
    errorResponse,
  };
}

/**
 * Reports whether the server can take requests. The body follows TorchServe, because SageMaker reads only the status
 * code.
 */
function ping(models: ModelCatalog): HttpResponse {
  return models.ready ? jsonResponse('{"status":"Healthy"}') : jsonResponse('{"status":"Unhealthy"}', 503);
}

/** Responds to a prediction of the model `path`, or of the only one. @throws InferenceError */
function answer(
  models: ModelCatalog,
  request: HttpRequest,
  path: string | undefined,
  attributes: Attributes,
  byDefault: string,
): Promise<HttpResponse> {
  const choice = { path, version: attributes.get('tfs-model-version') };
  const texts = isJson(request.headers['content-type']) ? answerTexts(models, request, choice) : undefined;
  return texts ?? invoke(modelOf(models, choice), request, attributes, byDefault);
}

async function invoke(
  model: ServedModel,
  request: HttpRequest,
  attributes: Attributes,
  byDefault: string,
): Promise<HttpResponse> {
  if (isHandler(model)) return callHandler(model, await handlerRequest(request), refusal);
  const { 'content-type': contentType, accept } = request.headers;
  if (contentType?.startsWith(TRITON_TYPE)) return inferTyped(model, request, TRITON_TYPE);
  const method = attributes.get('tfs-method') ?? 'predict';
  if (method === 'classify' || method === 'regress') return answerExamples(model, method, request);
  if (method !== 'predict') throw invalid(`tfs-method is ${method}: predict, classify and regress are supported`);
  const pictures = await pictureRequest(request, model);
  const decode = pictures ? () => pictures : decoderFor(contentType);
  if (!decode) return refusal(415, `content-type ${contentType}: ${CONTENT_TYPES.join(', ')} are supported`);
  if (!pictures && isJson(contentType) && isInferRequest(request.body)) return infer(model, request);
  const encode = encoderFor(accept, byDefault);
  if (!encode) return refusal(406, `accept ${accept}: ${ACCEPTED_TYPES.join(', ')} are supported`);
  const { inputs, rows, signatureName } = await decode(request.body, model, contentType);
  const { outputs } = await model.infer({ inputs, signatureName, signal: request.signal });
  return encode(outputs, rows, responseForm(model));
}

function multiModelRoutes(models: ModelCatalog, control: ModelControl, accept: string): readonly Route[] {
  return [
    {
      ...post('/models', async (request) => {
        const { name, url } = loadRequest(request.body);
        try {
          await control.load(name, url);
        } catch (error) {
          if (error instanceof InferenceError && error.code === 'RESOURCE_EXHAUSTED') {
            return refusal(INSUFFICIENT_STORAGE, error.message);
          }
          throw error;
        }
        return textResponse('');
      }),
      controls: true,
    },
    get('/models', () => jsonResponse(JSON.stringify({ models: loadedModels(models).map(describe) }))),
    get('/models/:name', (_, { name }) => jsonResponse(JSON.stringify(describe(named(models, name))))),
    {
      method: 'DELETE',
      path: '/models/:name',
      controls: true,
      handler: handled(errorResponse, async (_, { name }) => {
        await control.unload(name ?? '');
        return textResponse('');
      }),
    },
    post('/models/:name/invoke', (request, { name }) => {
      const attributes = attributesOf(request);
      // Below `/models`, a model that is loading is not loaded: 404, not 503.
      const model = named(models, name, attributes.get('tfs-model-version'));
      return answer(models, request, model.name, attributes, accept);
    }),
  ];
}

function loadRequest(body: Buffer): { name: string; url: string } {
  let json: { model_name?: unknown; url?: unknown } | null;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('the body must be JSON with model_name and url');
  }
  const { model_name: name, url } = json ?? {};
  if (typeof name !== 'string' || name === '' || typeof url !== 'string' || url === '') {
    throw invalid('model_name and url must be strings that are not empty');
  }
  return { name, url };
}

/** Returns the chosen model, or the only one. @throws InferenceError, `UNAVAILABLE` while the model is loading */
function modelOf(models: ModelCatalog, { path, version }: Omit<ModelChoice, 'body'>): ServedModel {
  if (path === undefined && version === undefined) return soleModel(models);
  const name = path ?? soleModel(models).name;
  const model = models.find(name, version);
  if (model) return model;
  throw loadingError(models, name, version) ?? notLoaded(name, version);
}

/** Returns the custom attributes of TensorFlow's containers, such as `tfs-model-name=iris,tfs-method=predict`. */
function attributesOf({ headers }: HttpRequest): Attributes {
  return new Map(new URLSearchParams((headers[ATTRIBUTES_HEADER] ?? '').replaceAll(/\s*,\s*/g, '&')));
}

function named(models: ModelCatalog, name = '', version?: string): ServedModel {
  const model = models.find(name, version);
  if (model) return model;
  throw notLoaded(name, version);
}

function notLoaded(name: string, version: string | undefined): InferenceError {
  return new InferenceError(
    'NOT_FOUND',
    `model ${name} ${version === undefined ? '' : `version ${version} `}is not loaded`,
  );
}

function describe(model: ServedModel): object {
  return { modelName: model.name, modelUrl: model.source ?? '' };
}

function get(path: string, handler: RouteHandler): Route {
  return { method: 'GET', path, handler: handled(errorResponse, handler) };
}

function post(path: string, handler: RouteHandler): Route {
  return { method: 'POST', path, handler: handled(errorResponse, handler) };
}

function refusal(status: number, message: string): HttpResponse {
  return jsonResponse(JSON.stringify({ error: message }), status);
}

function errorResponse(failure: unknown): HttpResponse {
  const error = asInferenceError(failure);
  return failureResponse(error, JSON.stringify({ error: error.message }));
}
