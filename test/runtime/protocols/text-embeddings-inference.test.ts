import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { catalog, halfPlusTwo, sender } from './support.js';
import { classifier, embedder, reranker } from './text-models.js';

const serve = (...models: ServedModel[]) => sender(catalog(models));

it('/embed_sparse rejects vectors with elements that are not numbers, which JSON does not have', async () => {
  const model = embedder();
  const task = { ...model.manifest.task, pooling: 'splade' } as Manifest['task'];
  const send = serve({
    ...model,
    manifest: { ...model.manifest, task },
    async infer(request) {
      const { outputs } = await model.infer(request);
      return { outputs: [{ ...outputs[0]!, data: Float32Array.of(1, Number.NaN, 0) }] };
    },
  });
  const response = await send('POST', '/embed_sparse', { inputs: 'good' });
  expect([response.status, response.json()]).toEqual([
    424,
    { error: 'model words returned the score NaN', error_type: 'Backend' },
  ]);
});

it('/embed_all runs each text alone, without padding', async () => {
  const tensor = (name: string, shape: number[]) => ({ name, datatype: 'FP32' as const, shape });
  const runs: (readonly number[])[] = [];
  const send = serve({
    ...embedder(),
    signatures: {
      tensors: {
        inputs: [{ name: 'input_ids', datatype: 'INT64', shape: [-1, -1] }],
        outputs: [tensor('hidden', [-1, -1, 2])],
      },
    },
    tokens: {
      ...embedder().tokens!,
      encode: async (texts) =>
        texts.map((text) => {
          const ids = text.split(' ').map(({ length }) => length);
          return { ids, typeIds: ids.map(() => 0), isTruncated: false };
        }),
    },
    async infer({ inputs: [ids] }) {
      runs.push(ids!.shape);
      const data = Float32Array.from(ids!.data as BigInt64Array, Number);
      const doubled = Float32Array.from({ length: data.length * 2 }, (_, at) => data[at >> 1]! * (1 + (at % 2)));
      return { outputs: [{ ...tensor('hidden', [...ids!.shape, 2]), data: doubled }] };
    },
  });
  const response = await send('POST', '/embed_all', { inputs: ['a', 'good film a'] });
  expect(response.json()).toEqual([
    [[1, 2]],
    [
      [4, 8],
      [4, 8],
      [1, 2],
    ],
  ]);
  expect(response.headers).toMatchObject({ 'x-compute-tokens': '4' });
  expect(runs).toEqual([
    [1, 1],
    [1, 3],
  ]);
});

describe('/embed', () => {
  it('returns a vector of length 1 for each text, and takes one text or a list', async () => {
    const send = serve(embedder());
    const one = await send('POST', '/embed', { inputs: 'good good film' });
    expect(one.status).toBe(200);
    expect(one.json()).toEqual([[expect.closeTo(2 / Math.sqrt(5), 6), 0, expect.closeTo(1 / Math.sqrt(5), 6)]]);
    expect(one.headers).toMatchObject({ 'content-type': 'application/json', 'x-compute-tokens': '5' });
    expect((await send('POST', '/embed', { inputs: ['good', 'bad'], normalize: false })).json()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('passes the options of the request on, and takes null for the default', async () => {
    const model = embedder();
    const send = serve(model);
    const options = {
      truncate: false,
      truncation_direction: 'Left',
      prompt_name: 'query',
      normalize: false,
      dimensions: 2,
    };
    expect((await send('POST', '/embed', { inputs: ['good film'], ...options })).json()).toEqual([[1, 0]]);
    expect(model.requests.at(-1)!.text).toEqual({
      truncate: false,
      truncationSide: 'left',
      promptName: 'query',
      normalize: false,
      dimensions: 2,
    });
    const empty = Object.fromEntries(Object.keys(options).map((name) => [name, null]));
    expect((await send('POST', '/embed', { inputs: ['good'], ...empty })).json()).toEqual([[1, 0, 0]]);
  });

  it('reads token ids as the text that they stand for, beside texts', async () => {
    const send = serve(embedder());
    expect((await send('POST', '/embed', { inputs: [2, 4], normalize: false })).json()).toEqual([[1, 0, 1]]);
    expect((await send('POST', '/embed', { inputs: ['bad', [2, 4]], normalize: false })).json()).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
  });

  it.each([
    ['{', 422, 'Validation', /not valid JSON/],
    ['[]', 422, 'Validation', /must be a JSON object/],
    [Buffer.from([0x22, 0xff, 0x22]), 422, 'Validation', /not valid UTF-8/],
    [{}, 422, 'Validation', /`inputs` is missing/],
    [{ inputs: 5 }, 422, 'Validation', /`inputs` must be a text, .* got 5/],
    [{ inputs: [['a']] }, 422, 'Validation', /`inputs` must be a text/],
    [{ inputs: 'a', normalize: 'yes' }, 422, 'Validation', /`normalize` must be true or false, got "yes"/],
    [{ inputs: 'a', dimensions: 0 }, 422, 'Validation', /`dimensions` must be a whole number of at least 1, got 0/],
    [{ inputs: 'a', truncation_direction: 'up' }, 422, 'Validation', /`truncation_direction` must be right or left/],
    [{ inputs: [] }, 400, 'Empty', /`inputs` must not be empty/],
    [{ inputs: Array.from({ length: 2049 }, () => 'a') }, 413, 'Validation', /at most 2048 texts, got 2049/],
  ])('rejects %j', async (body, status, type, message) => {
    const answer = await serve(embedder())('POST', '/embed', body);
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ error: expect.stringMatching(message), error_type: type });
  });

  it('reports a full queue with 429 and the time to wait, and another task with 424', async () => {
    const full = embedder('words', {
      infer: async () => {
        throw new InferenceError('UNAVAILABLE', 'the queue of the model is full', 1);
      },
    });
    const busy = await serve({ ...full, infer: () => Promise.reject(new InferenceError('UNAVAILABLE', 'full', 1)) })(
      'POST',
      '/embed',
      { inputs: 'a' },
    );
    expect([busy.status, busy.headers['retry-after'], busy.json()]).toEqual([
      429,
      '1',
      { error: 'full', error_type: 'Overloaded' },
    ]);
    const other = await serve(reranker())('POST', '/embed', { inputs: 'a' });
    expect([other.status, other.json()]).toEqual([
      424,
      { error: 'model ranker has the task rerank, but this route needs embed', error_type: 'Backend' },
    ]);
    const none = await serve(halfPlusTwo)('POST', '/embed', { inputs: 'a' });
    expect([none.status, none.text]).toEqual([404, expect.stringContaining('the server has half_plus_two')]);
  });
});

describe('the other routes of text-embeddings-inference', () => {
  it('/similarity compares a sentence with others', async () => {
    const send = serve(embedder());
    const inputs = { source_sentence: 'good film', sentences: ['good film', 'bad', 'good'] };
    const answer = await send('POST', '/similarity', { inputs, parameters: { truncate: true } });
    expect(answer.json()).toEqual([expect.closeTo(1, 6), 0, expect.closeTo(Math.SQRT1_2, 6)]);
    const empty = await send('POST', '/similarity', { inputs: { ...inputs, sentences: [] } });
    expect([empty.status, empty.text]).toEqual([400, expect.stringContaining('`inputs.sentences` must not be empty')]);
  });

  it('/rerank sorts texts by their score, between 0 and 1 unless `raw_scores` is set', async () => {
    const send = serve(reranker());
    const request = { query: 'good film', texts: ['bad', 'good film', 'good'] };
    expect((await send('POST', '/rerank', request)).json()).toEqual([
      { index: 1, score: expect.closeTo(1 / (1 + Math.exp(-2)), 6) },
      { index: 2, score: expect.closeTo(1 / (1 + Math.exp(-1)), 6) },
      { index: 0, score: 0.5 },
    ]);
    const raw = { ...request, raw_scores: true, return_text: true };
    expect((await send('POST', '/rerank', raw)).json()).toEqual([
      { index: 1, text: 'good film', score: 2 },
      { index: 2, text: 'good', score: 1 },
      { index: 0, text: 'bad', score: 0 },
    ]);
  });

  it('/predict returns the classes of a text, or of each text of a list, the most likely first', async () => {
    const send = serve(classifier());
    const [negative, positive] = [1 / (1 + Math.exp(-1)), 1 / (1 + Math.E)].map((value) => expect.closeTo(value, 6));
    const classes = [
      { score: negative, label: 'NEGATIVE' },
      { score: positive, label: 'POSITIVE' },
    ];
    expect((await send('POST', '/predict', { inputs: 'a bad film' })).json()).toEqual(classes);
    expect((await send('POST', '/predict', { inputs: [['bad'], ['bad']] })).json()).toEqual([classes, classes]);
    expect((await send('POST', '/predict', { inputs: 'bad', raw_scores: true })).json()).toEqual([
      { score: 1, label: 'NEGATIVE' },
      { score: 0, label: 'POSITIVE' },
    ]);
    expect((await send('POST', '/predict', { inputs: ['a', 'b'] })).status).toBe(422);
    const pair = await serve(reranker())('POST', '/predict', { inputs: ['good', 'good'], raw_scores: true });
    expect(pair.json()).toEqual([{ label: 'LABEL_0', score: 1 }]);
  });

  it('/tokenize and /decode are inverse', async () => {
    const send = serve(embedder());
    expect((await send('POST', '/tokenize', { inputs: 'good film' })).json()).toEqual([
      [
        { id: 2, text: 'good', special: false, start: 0, stop: 4 },
        { id: 4, text: 'film', special: false, start: 5, stop: 9 },
      ],
    ]);
    expect((await send('POST', '/decode', { ids: [2, 4] })).json()).toEqual(['good film']);
    expect((await send('POST', '/decode', { ids: [[2], [4]] })).json()).toEqual(['good', 'film']);
    expect((await send('POST', '/decode', { ids: [] })).status).toBe(400);
  });

  it('/info describes each kind of model, and /health the server', async () => {
    expect((await serve(embedder())('GET', '/info')).json()).toMatchObject({
      model_id: 'words',
      model_type: { embedding: { pooling: 'mean' } },
      max_input_length: 8,
      max_client_batch_size: 2048,
      auto_truncate: true,
    });
    expect((await serve(classifier())('GET', '/info')).json()).toMatchObject({
      model_type: {
        classifier: { id2label: { 0: 'POSITIVE', 1: 'NEGATIVE' }, label2id: { POSITIVE: 0, NEGATIVE: 1 } },
      },
    });
    expect((await serve(reranker())('GET', '/info')).json()).toMatchObject({ model_type: { reranker: {} } });
    expect((await serve(embedder())('GET', '/health')).status).toBe(200);
    const starting = sender(catalog([], { ready: false }));
    expect((await starting('GET', '/health')).json()).toMatchObject({ error_type: 'Unhealthy' });
    expect((await starting('POST', '/embed', { inputs: 'a' })).status).toBe(503);
  });
});

describe('the model of a request', () => {
  it('is the only one with the task of the route, whatever the body names', async () => {
    const send = serve(embedder(), reranker(), halfPlusTwo);
    expect((await send('POST', '/embed', { inputs: 'a', model: 'text-embedding-3-small' })).status).toBe(200);
    expect((await send('POST', '/rerank', { query: 'a', texts: ['a'] })).status).toBe(200);
    expect((await send('POST', '/embed', { inputs: 'a', model: 'ranker' })).status).toBe(424);
  });

  it('is named by the body or the path if several have the task', async () => {
    const [first, second] = [embedder('first'), embedder('second')];
    const send = serve(first, second);
    for (const [path, body] of [
      ['/embed', { inputs: 'a', model: 'second' }],
      ['/models/second/embed', { inputs: 'a' }],
    ] as const) {
      expect((await send('POST', path, body)).status).toBe(200);
    }
    expect([first.requests.length, second.requests.length]).toEqual([0, 2]);
    const unnamed = await send('POST', '/embed', { inputs: 'a' });
    expect([unnamed.status, unnamed.text]).toEqual([400, expect.stringContaining('one of the models first, second')]);
    const unknown = await send('POST', '/embed', { inputs: 'a', model: 'third' });
    expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining('must be one of first, second')]);
    expect((await send('POST', '/models/third/embed', { inputs: 'a' })).status).toBe(404);
    expect((await send('GET', '/models/second/info')).json()).toMatchObject({ model_id: 'second' });
  });
});
