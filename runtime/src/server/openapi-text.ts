import type { ServedModel } from '../models/served-model.js';
import { MAX_TEXTS } from '../protocols/text/calls.js';
import { isOf, isTextModel, type TaskModel } from '../protocols/text/task-model.js';
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

/** Texts of examples, for packages without samples. */
const EXAMPLE_TEXTS = ['What is deep learning?', 'Deep learning trains networks of many layers.'] as const;

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
      }),
    ],
    [
      '/embed_all',
      post('embed-all', "Vectors of each text's tokens", {
        ...bodyFor(models, { inputs }, options, { inputs: [text] }),
        response: listOf(VECTORS),
      }),
    ],
    ...(models.some(({ manifest }) => manifest.task.pooling === 'splade')
      ? [
          [
            '/embed_sparse',
            post('embed-sparse', 'Elements of the vectors that are not zero', {
              ...bodyFor(models, { inputs }, options, { inputs: [text] }),
              response: listOf(listOf(record({ index: COUNT, value: NUMBER }))),
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
  const paths: [string, string][] = [
    ['/rerank', 'as text-embeddings-inference by `texts`, and as Cohere and Jina by `documents`'],
    ['/v1/rerank', "by Cohere's first API and Jina's"],
    ['/v2/rerank', "by Cohere's second API"],
  ];
  return paths.map(([path, summary], index) => [
    path,
    post(`rerank-${index}`, `Texts by how well they match a query, ${summary}`, {
      request: { oneOf: [byTexts.request, byDocuments.request] },
      response: { oneOf: [ranks, results] },
      example: (index === 0 ? byTexts : byDocuments).example,
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
      }),
    ],
  ];
}

function tokenPaths(models: readonly ServedModel[]): [string, object][] {
  const [text] = exampleTexts(models[0]!, 'text');
  const token = record({ id: COUNT, text: TEXT, special: BOOLEAN, start: {}, stop: {} });
  return [
    [
      '/tokenize',
      post('tokenize', 'Tokens of texts', {
        ...bodyFor(models, { inputs: TEXT_OR_TEXTS }, { add_special_tokens: BOOLEAN }, { inputs: text }),
        response: listOf(listOf(token)),
      }),
    ],
    [
      '/decode',
      post('decode', 'Texts of token ids', {
        ...bodyFor(models, { ids: { oneOf: [IDS, listOf(IDS)] } }, { skip_special_tokens: BOOLEAN }),
        response: listOf(TEXT),
      }),
    ],
    ...['/', '/invocations'].map((path): [string, object] => [
      path,
      post(`inputs-${path.slice(1)}`, "The task of the model, by Hugging Face's inference API", {
        ...bodyFor(models, { inputs: {} }, { parameters: { type: 'object' } }, exampleInputs(models[0]!)),
        response: {},
      }),
    ]),
  ];
}

/** Returns a request for the task of a model. */
function exampleInputs(model: ServedModel): object {
  const [text, other] = exampleTexts(model, 'text');
  if (isOf(model, 'rerank')) return { inputs: { query: exampleTexts(model, 'query')[0], texts: [text, other] } };
  if (isOf(model, 'question_answering')) {
    return { inputs: { question: exampleTexts(model, 'question')[0], context: exampleTexts(model, 'context')[0] } };
  }
  if (isOf(model, 'zero_shot_classification')) {
    return { inputs: text, parameters: { candidate_labels: ['question', 'statement'] } };
  }
  return { inputs: text };
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

/** Returns two texts from the samples of a model, or others if it has none. */
function exampleTexts({ examples = [] }: ServedModel, input: string): readonly [string, string] {
  const texts = examples.flatMap((inputs) => {
    const tensor = inputs.find(({ name, datatype }) => name === input && datatype === 'BYTES');
    return tensor ? (tensor.data as Buffer[]).map(String) : [];
  });
  return [texts[0] ?? EXAMPLE_TEXTS[0], texts[1] ?? EXAMPLE_TEXTS[1]];
}
