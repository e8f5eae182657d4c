import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponse, RouteHandler } from '../../http/http.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import { invalid } from '../../tensor/errors.js';
import { asInferenceError, handled } from '../handled.js';
import type { Protocol } from '../protocol.js';
import { failureResponse } from '../responses.js';
import { checkCount, rerank } from '../text/calls.js';
import { excerpt, Fields, isObject } from '../text/fields.js';
import { rankingOf } from '../text/ranking.js';
import { type TaskModel, taskModel, textRoutesExist } from '../text/task-model.js';
import { textResponseOf } from '../text/usage.js';
import { errorResponse as rankErrorResponse, rankTexts } from '../text-embeddings-inference/index.js';

const V1_PATH = '/v1/rerank';
const V2_PATH = '/v2/rerank';

/** Paths that text-embeddings-inference has too. Its clients read its errors. */
const SHARED_PATHS = ['/rerank', '/models/:model/rerank'];

/**
 * Cohere's and Jina's APIs that rank `documents`. A request with `texts` gets the response of text-embeddings-inference
 * on every path.
 */
export function cohere(): Protocol {
  return {
    name: 'cohere',
    routes: (models) => {
      const answer: RouteHandler = (request, { model }) => answerRerank(models, request, model);
      return [
        ...SHARED_PATHS.map((path) => ({ path, handler: handled(rankErrorResponse, answer) })),
        ...[V1_PATH, V2_PATH].map((path) => ({ path, handler: handled(errorResponse, answer) })),
      ].map((route) => ({ method: 'POST', ...route, exists: () => textRoutesExist(models) }));
    },
    owns: (path) => path === V1_PATH || path === V2_PATH,
    errorResponse,
  };
}

function answerRerank(
  models: ModelCatalog,
  { body, path, signal }: HttpRequest,
  name: string | undefined,
): Promise<HttpResponse> {
  const fields = Fields.parse(body);
  const model = taskModel(models, ['rerank'], { path: name, body: fields.string('model') });
  if (fields.has('texts')) return rankTexts(model, fields, signal);
  // The second version of Cohere's API returns no documents. Jina's returns them unless the request says otherwise.
  return rankDocuments(model, fields, path !== V2_PATH, signal);
}

async function rankDocuments(
  model: TaskModel<'rerank'>,
  fields: Fields,
  returnsByDefault: boolean,
  signal: HttpRequest['signal'],
): Promise<HttpResponse> {
  const query = fields.required('query', fields.string('query'));
  const documents = documentsOf(fields);
  const count = fields.count('top_n') ?? documents.length;
  const returnsDocuments = fields.boolean('return_documents') ?? returnsByDefault;
  const queries = documents.map(() => query);
  const { scores, usage } = await rerank(model, queries, documents, { activation: 'sigmoid', signal });
  const results = rankingOf(scores)
    .slice(0, count)
    .map(({ index, score }) => ({
      index,
      relevance_score: score,
      ...(returnsDocuments && { document: { text: documents[index] } }),
    }));
  const answer = {
    id: randomUUID(),
    object: 'list',
    model: model.name,
    results,
    usage: { total_tokens: usage.tokens },
  };
  return textResponseOf(JSON.stringify(answer), usage);
}

/** Returns the documents. Each is a text, or an object with a `text`. */
function documentsOf(fields: Fields): readonly string[] {
  const documents = fields.required('documents', fields.get('documents'));
  if (!Array.isArray(documents)) throw invalid(`\`documents\` must be a list, got ${excerpt(documents)}`);
  checkCount(documents, 'documents');
  return documents.map((document: unknown, index) => {
    const text = isObject(document) ? document.text : document;
    if (typeof text === 'string') return text;
    throw invalid(`\`documents[${index}]\` must be a text or an object with \`text\`, got ${excerpt(document)}`);
  });
}

function errorResponse(failed: unknown): HttpResponse {
  const error = asInferenceError(failed);
  return failureResponse(error, JSON.stringify({ message: error.message }));
}
