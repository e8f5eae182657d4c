import { type InferenceError, invalid } from '../inference/errors.js';
import { JsonWriter, writeNested } from '../inference/json/index.js';
import type { Tensor } from '../inference/tensor.js';
import type { HttpRequest, HttpResponse } from '../server/http.js';
import { asInferenceError, handled } from './handled.js';
import { multipartField } from './multipart.js';
import { decodeInferRequest } from './open-inference/index.js';
import type { ModelCatalog, Protocol, ServedModel } from './protocol.js';
import { failureResponse, jsonResponse } from './responses.js';
import { type Dialect, decodePredictRequest } from './tensorflow-serving/predict-request.js';
import { encodePredictResponse } from './tensorflow-serving/predict-response.js';

const DIALECT: Dialect = { rowKeys: ['data'], bareRows: true };

/** The field of a form that holds the request. */
const FIELD = 'data';

/** TorchServe's names of failures, by status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestException',
  404: 'ModelNotFoundException',
  408: 'RequestTimeoutException',
  429: 'TooManyRequestsException',
  503: 'ServiceUnavailableException',
};

/**
 * TorchServe's inference API: `/predictions/M` with JSON, the raw bytes of the one input, or a form whose field `data`
 * is either. The answer is the list of predictions, as its default handlers give.
 *
 * `/ping` is answered by the protocol of SageMaker, alike.
 */
export function torchServe(): Protocol {
  return {
    name: 'torchserve',
    routes: (models) =>
      ['/predictions/:model', '/predictions/:model/:version'].map((path) => ({
        method: 'POST' as const,
        path,
        handler: handled(errorResponse, async (request, { model: name = '', version }) => {
          const model = models.find(name, version);
          if (!model) return notFound(models, name, version);
          return predict(model, request, await contentOf(request));
        }),
      })),
    owns: (path) => path.startsWith('/predictions/'),
    errorResponse,
  };
}

async function predict(model: ServedModel, request: HttpRequest, content: Content): Promise<HttpResponse> {
  const { signal } = request;
  if (content.json) {
    const { inputs, rows, signatureName } = decodePredictRequest(content.bytes, model, DIALECT);
    const { outputs } = await model.infer({ inputs, signatureName, signal });
    return jsonResponse(outputs.length === 1 && rows ? encodeList(outputs[0]!) : encodePredictResponse(outputs, rows));
  }
  const { inputs } = decodeInferRequest(content.bytes, model.signatures.serving_default!, 0);
  const { outputs } = await model.infer({ inputs, signal });
  return jsonResponse(outputs.length === 1 ? encodeList(outputs[0]!) : encodePredictResponse(outputs, false));
}

/** What a request holds: JSON, or the raw bytes of the input. */
interface Content {
  readonly bytes: Buffer;
  readonly json: boolean;
}

async function contentOf(request: HttpRequest): Promise<Content> {
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type)) {
    const field = await multipartField(request.body, type, FIELD);
    if (!field) throw invalid(`the form has no field ${FIELD}`);
    return { bytes: field.bytes, json: isJson(field.type, field.bytes) };
  }
  return { bytes: request.body, json: isJson(type, request.body) };
}

/** Clients seldom name a type: then what starts as JSON does is JSON. */
function isJson(type: string, bytes: Buffer): boolean {
  if (/^application\/json/i.test(type)) return true;
  if (/^(application\/octet-stream|image\/|audio\/)/i.test(type)) return false;
  return /^\s*[[{]/.test(bytes.toString('latin1', 0, 64));
}

function encodeList(output: Tensor): Buffer | string {
  const writer = new JsonWriter();
  writeNested(writer, output, output.shape, 0, { separator: ', ', nonFinite: true });
  return writer.finish();
}

function notFound(models: ModelCatalog, name: string, version: string | undefined): HttpResponse {
  const isVersion = version !== undefined && models.find(name) !== undefined;
  return failure(
    404,
    isVersion ? `Model version: ${version} does not exist for model: ${name}` : `Model not found: ${name}`,
    isVersion ? 'ModelVersionNotFoundException' : 'ModelNotFoundException',
  );
}

function errorResponse(failed: unknown): HttpResponse {
  const error: InferenceError = asInferenceError(failed);
  const { status, headers } = failureResponse(error, '');
  return { ...failure(status, error.message, TYPES[status] ?? 'InternalServerException'), headers };
}

function failure(code: number, message: string, type: string): HttpResponse {
  return jsonResponse(`${JSON.stringify({ code, type, message }, null, 2)}\n`, code);
}
