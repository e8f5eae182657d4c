import type { ServedModel } from '../models/served-model.js';
import { MAX_TEXTS } from '../protocols/text/calls.js';
import { isOf, isTextModel, type TaskModel } from '../protocols/text/task-model.js';
import {
  EXAMPLE_ELEMENTS,
  exampleAnswer,
  exampleBody,
  exampleRanks,
  exampleTexts,
  exampleVector,
  isSparse,
} from './openapi-examples.js';
import { post, record } from './openapi-operation.js';

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT, minItems: 1, maxItems: MAX_TEXTS };
const TEXT_OR_TEXTS = { oneOf: [TEXT, TEXTS] };
const NUMBER = { type: 'number' };
const VECTOR = { type: 'array', items: NUMBER };
const VECTORS = { type: 'array', items: VECTOR };
const BOOLEAN = { type: 'boolean' };
const COUNT = { type: 'integer', minimum: 0 };
const IDS = { type: 'array', items: COUNT };

const listOf = (items: object) => ({ type: 'array', items });

/** Options of every call of text-embeddings-inference. */
const TRUNCATION = {
  truncate: { ...BOOLEAN, default: true, description: 'Whether texts longer than the model takes are cut' },
  truncation_direction: { enum: ['right', 'left'] },
};

/** Describes the routes of models that read texts. Each path serves all models of its task. */
export function textPaths(available: readonly ServedModel[]): [string, object][] {
  const embedders = available.filter((model) => isOf(model, 'embed'));
  const rankers = available.filter((model) => isOf(model, 'rerank'));
  const classifiers = available.filter((model) => isOf(model, 'text_classification'));
  const all = available.filter(isTextModel);
  return [
    ...(embedders.length > 0 ? embedPaths(embedders) : []),
    ...(rankers.length > 0 ? rankPaths(rankers) : []),
    ...(classifiers.length > 0 ? classifyPaths(classifiers, rankers) : []),
    ...(all.length > 0 ? tokenPaths(all) : []),
  ];
}

function embedPaths(models: readonly TaskModel<'embed'>[]): [string, object][] {
  const [text, other] = exampleTexts(models[0]!, 'text');
  const { prompts } = models[0]!.manifest.task;
  const vector = exampleVector(models[0]!);
  const options = {
    ...TRUNCATION,
    ...(prompts && { prompt_name: { enum: Object.keys(prompts) } }),
  };
  const inputs = { oneOf: [TEXT, TEXTS, IDS, listOf(IDS)] };
  const vectorOptions = { normalize: { ...BOOLEAN, default: true }, dimensions: { type: 'integer', minimum: 1 } };
  const embedding = record({ object: { const: 'embedding' }, index: COUNT, embedding: { oneOf: [VECTOR, TEXT] } });
  const sentences = record({ source_sentence: TEXT, sentences: TEXTS });
  return [
    [
      '/embed',
      post('embed', 'Vectors of texts, as text-embeddings-inference', {
        ...bodyFor(models, { inputs }, { ...options, ...vectorOptions }, { inputs: [text] }),
        response: VECTORS,
        answer: [vector],
      }),
    ],
    [
      '/embed_all',
      post('embed-all', "Vectors of each text's tokens", {
        ...bodyFor(models, { inputs }, options, { inputs: [text] }),
        response: listOf(VECTORS),
        answer: [[vector, vector]],
      }),
    ],
    ...(models.some(isSparse)
      ? [
          [
            '/embed_sparse',
            post('embed-sparse', 'Elements of the vectors that are not zero', {
              ...bodyFor(models, { inputs }, options, { inputs: [text] }),
              response: listOf(listOf(record({ index: COUNT, value: NUMBER }))),
              answer: [EXAMPLE_ELEMENTS],
            }),
          ] as [string, object],
        ]
      : []),
    [
      '/similarity',
      post('similarity', 'Cosines between the vectors of a sentence and of others', {
        ...bodyFor(
          models,
          { inputs: sentences },
          { parameters: { type: 'object', properties: options } },
          { inputs: { source_sentence: text, sentences: [other] } },
        ),
        response: VECTOR,
        answer: [0.98],
      }),
    ],
    [
      '/v1/embeddings',
      post('openai-embeddings', "Vectors of texts, by OpenAI's API", {
        ...bodyFor(
          models,
          { input: TEXT_OR_TEXTS },
          {
            encoding_format: { enum: ['float', 'base64'], default: 'float' },
            dimensions: { type: 'integer', minimum: 1 },
          },
          { input: [text] },
        ),
        response: record({
          object: { const: 'list' },
          data: listOf(embedding),
          model: TEXT,
          usage: record({ prompt_tokens: COUNT, total_tokens: COUNT }),
        }),
        answer: {
          object: 'list',
          data: [{ object: 'embedding', index: 0, embedding: vector }],
          model: models[0]!.name,
          usage: { prompt_tokens: 8, total_tokens: 8 },
        },
      }),
    ],
  ];
}

function rankPaths(models: readonly TaskModel<'rerank'>[]): [string, object][] {
  const [query] = exampleTexts(models[0]!, 'query');
  const [text, other] = exampleTexts(models[0]!, 'text');
  const document = { oneOf: [TEXT, record({ text: TEXT })] };
  const byTexts = bodyFor(
    models,
    { query: TEXT, texts: TEXTS },
    { ...TRUNCATION, raw_scores: BOOLEAN, return_text: BOOLEAN },
    { query, texts: [text, other] },
  );
  const byDocuments = bodyFor(
    models,
    { query: TEXT, documents: { ...TEXTS, items: document } },
    { top_n: { type: 'integer', minimum: 1 }, return_documents: BOOLEAN },
    { query, documents: [text, other] },
  );
  const ranks = listOf(record({ index: COUNT, score: NUMBER }, { text: TEXT }));
  const results = record({
    results: listOf(record({ index: COUNT, relevance_score: NUMBER }, { document: record({ text: TEXT }) })),
  });
  const ranked = exampleRanks(0.98);
  const answer = (document: (index: number) => object) => ({
    id: 'f8cb2d1a-6f0e-4f9f-9c39-0f1f3f4d9b6a',
    object: 'list',
    model: models[0]!.name,
    results: ranked.map(({ index, score }) => ({ index, relevance_score: score, ...document(index) })),
    usage: { total_tokens: 32 },
  });
  const paths: [string, string, unknown][] = [
    ['/rerank', 'as text-embeddings-inference by `texts`, and as Cohere and Jina by `documents`', ranked],
    ['/v1/rerank', "by Cohere's first API and Jina's", answer((at) => ({ document: { text: [text, other][at] } }))],
    ['/v2/rerank', "by Cohere's second API", answer(() => ({}))],
  ];
  return paths.map(([path, summary, example], index) => [
    path,
    post(`rerank-${index}`, `Texts by how well they match a query, ${summary}`, {
      request: { oneOf: [byTexts.request, byDocuments.request] },
      response: { oneOf: [ranks, results] },
      example: (index === 0 ? byTexts : byDocuments).example,
      answer: example,
    }),
  ]);
}

function classifyPaths(
  models: readonly TaskModel<'text_classification'>[],
  rankers: readonly ServedModel[],
): [string, object][] {
  const [text] = exampleTexts(models[0]!, 'text');
  const classes = listOf(record({ label: TEXT, score: NUMBER }));
  return [
    [
      '/predict',
      post('classify', 'Classes of texts, as text-embeddings-inference', {
        ...bodyFor(
          [...models, ...rankers],
          { inputs: { oneOf: [TEXT, listOf({ ...TEXTS, maxItems: 2 })] } },
          { ...TRUNCATION, raw_scores: BOOLEAN },
          { inputs: text },
        ),
        response: { oneOf: [classes, listOf(classes)] },
        answer: exampleAnswer(models[0]!),
      }),
    ],
  ];
}

function tokenPaths(models: readonly ServedModel[]): [string, object][] {
  const [text] = exampleTexts(models[0]!, 'text');
  const tokens = wordsOf(text);
  const token = record({ id: COUNT, text: TEXT, special: BOOLEAN, start: {}, stop: {} });
  return [
    [
      '/tokenize',
      post('tokenize', 'Tokens of texts', {
        ...bodyFor(models, { inputs: TEXT_OR_TEXTS }, { add_special_tokens: BOOLEAN }, { inputs: text }),
        response: listOf(listOf(token)),
        answer: [tokens],
      }),
    ],
    [
      '/decode',
      post('decode', 'Texts of token ids', {
        ...bodyFor(
          models,
          { ids: { oneOf: [IDS, listOf(IDS)] } },
          { skip_special_tokens: BOOLEAN },
          { ids: tokens.map(({ id }) => id) },
        ),
        response: listOf(TEXT),
        answer: [text],
      }),
    ],
    ...['/', '/invocations'].map((path): [string, object] => [
      path,
      post(`inputs-${path.slice(1)}`, "The task of the model, by Hugging Face's inference API", {
        ...bodyFor(models, { inputs: {} }, { parameters: { type: 'object' } }, exampleBody(models[0]!)),
        response: {},
        answer: exampleAnswer(models[0]!),
      }),
    ]),
  ];
}

/** Returns the words of a text as tokens. Those of the model are often parts of words. */
function wordsOf(text: string) {
  return Array.from(text.matchAll(/\S+/g), ({ 0: word, index }, id) => {
    const start = Array.from(text.slice(0, index)).length;
    return { id, text: word, special: false, start, stop: start + Array.from(word).length };
  });
}

/**
 * Describes the body of a call that one of `models` responds to. The body must name the model if there are several.
 *
 * @param sample body of an example, without the name of the model
 */
function bodyFor(
  models: readonly ServedModel[],
  fields: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>>,
  sample?: object,
): { readonly request: object; readonly example?: object } {
  const [first, ...others] = models;
  if (others.length === 0) return { request: record(fields, { ...optional, model: TEXT }), example: sample };
  const model = { enum: models.map(({ name }) => name) };
  return { request: record({ ...fields, model }, optional), example: sample && { ...sample, model: first!.name } };
}
