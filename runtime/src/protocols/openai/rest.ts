import type { HttpRequest, HttpResponse, RouteHandler } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import type { StatusCode } from '../../tensor/errors.js';
import { JsonWriter, STRICT_JSON, writeNested } from '../../tensor/json/index.js';
import { asInferenceError, handled } from '../handled.js';
import type { Protocol } from '../protocol.js';
import { failureResponse } from '../responses.js';
import { type Embeddings, embed } from '../text/calls.js';
import { Fields } from '../text/fields.js';
import { taskModel, textRoutesExist } from '../text/task-model.js';
import { textList } from '../text/text-list.js';
import { textResponseOf } from '../text/usage.js';

/** Paths of embeddings. text-embeddings-inference has both. */
const PATHS = ['/v1/embeddings', '/embeddings'] as const;

/** OpenAI's API for embeddings. */
export function openAi(): Protocol {
  return {
    name: 'openai',
    routes: (models) => {
      const handler: RouteHandler = handled(errorResponse, (request) => answerEmbeddings(models, request));
      return PATHS.map((path) => ({ method: 'POST', path, handler, exists: () => textRoutesExist(models) }));
    },
    owns: (path) => PATHS.some((own) => own === path),
    errorResponse,
  };
}

async function answerEmbeddings(models: ModelCatalog, { body, signal }: HttpRequest): Promise<HttpResponse> {
  const fields = Fields.parse(body);
  const model = taskModel(models, ['embed'], { body: fields.string('model') });
  const { texts } = textList(fields, 'input', hintOf);
  const format = fields.choice('encoding_format', ['float', 'base64']) ?? 'float';
  const dimensions = fields.count('dimensions');
  // Vectors of OpenAI's API have the length 1.
  const embeddings = await embed(model, texts, { normalize: true, dimensions, signal });
  return textResponseOf(encode(embeddings, format, model.name), embeddings.usage);
}

/** Returns what to append to the error for an input of token ids. */
function hintOf(input: unknown): string {
  // Clients that send token ids compute them with the tokenizer of OpenAI's models, so they mean nothing here.
  return Array.isArray(input) && input.flat().some((item) => typeof item === 'number')
    ? '. Token ids are not supported: with LangChain, set `check_embedding_ctx_length=False`'
    : '';
}

function encode({ vectors, width, usage }: Embeddings, format: 'float' | 'base64', model: string): Buffer | string {
  const data = vectors.data as Float32Array;
  const writer = new JsonWriter();
  writer.raw('{"object":"list","data":[');
  for (let row = 0; row < data.length / width; row++) {
    writer.raw(row > 0 ? ',{"object":"embedding","index":' : '{"object":"embedding","index":');
    writer.integer(row);
    writer.raw(',"embedding":');
    const start = row * width;
    if (format === 'float') writeNested(writer, vectors, [width], start, STRICT_JSON);
    else writer.base64(Buffer.from(data.buffer, data.byteOffset + start * 4, width * 4));
    writer.raw('}');
  }
  writer.raw('],"model":');
  writer.string(model);
  writer.raw(`,"usage":{"prompt_tokens":${usage.tokens},"total_tokens":${usage.tokens}}}`);
  return writer.finish();
}

/** Type of each error, as OpenAI's clients expect it. */
const TYPES: Partial<Record<StatusCode, string>> = {
  INTERNAL: 'server_error',
  UNAVAILABLE: 'server_error',
  DEADLINE_EXCEEDED: 'server_error',
  RESOURCE_EXHAUSTED: 'rate_limit_error',
  UNAUTHENTICATED: 'authentication_error',
  PERMISSION_DENIED: 'permission_error',
};

function errorResponse(failed: unknown): HttpResponse {
  const error = asInferenceError(failed);
  const body = {
    error: { message: error.message, type: TYPES[error.code] ?? 'invalid_request_error', param: null, code: null },
  };
  return failureResponse(error, JSON.stringify(body));
}
