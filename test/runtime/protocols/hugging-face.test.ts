import { describe, expect, it } from 'vitest';
import type { ImageEmbeddingTask, Manifest } from '../../../runtime/src/manifest/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { pictureBytes } from '../../../runtime/src/tasks/images/picture-bytes.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';
import { answerer, classifier, embedder, finder, labeller, reranker } from './text-models.js';

const serve = (...models: ServedModel[]) =>
  sender(catalog(models), { vertexRoutes: { health: '/health-check', predict: '/predict-route' } });
const half = expect.closeTo(1 / (1 + Math.E), 6);
const rest = expect.closeTo(1 / (1 + Math.exp(-1)), 6);

describe.each(['/', '/invocations', '/score', '/predict-route'])('{"inputs": …, "parameters": …} at %s', (path) => {
  it('embeds texts', async () => {
    const send = serve(embedder());
    const request = { inputs: ['good', 'good film'], parameters: { normalize: false } };
    expect((await send('POST', path, request)).json()).toEqual([
      [1, 0, 0],
      [1, 0, 1],
    ]);
    const beside = { inputs: 'good good', normalize: false, truncate: true };
    expect((await send('POST', path, beside)).json()).toEqual([[2, 0, 0]]);
  });

  it('compares sentences', async () => {
    const inputs = { source_sentence: 'good', sentences: ['good good', 'bad'] };
    expect((await serve(embedder())('POST', path, { inputs })).json()).toEqual([1, 0]);
  });

  it('classifies texts, with a list for each text if the request has parameters', async () => {
    const send = serve(classifier());
    const classes = [
      { label: 'POSITIVE', score: rest },
      { label: 'NEGATIVE', score: half },
    ];
    expect((await send('POST', path, { inputs: 'good' })).json()).toEqual(classes);
    expect((await send('POST', path, { inputs: 'good', parameters: {} })).json()).toEqual([classes]);
    expect((await send('POST', path, { inputs: ['good', 'good'] })).json()).toEqual([classes, classes]);
    const parameters = { top_k: 1, function_to_apply: 'none' };
    expect((await send('POST', path, { inputs: ['bad'], parameters })).json()).toEqual([
      [{ label: 'NEGATIVE', score: 1 }],
    ]);
  });

  it('ranks texts, as text-embeddings-inference does', async () => {
    const send = serve(reranker());
    const request = { query: 'good', texts: ['bad', 'good'], raw_scores: true };
    const ranks = [
      { index: 1, score: 1 },
      { index: 0, score: 0 },
    ];
    expect((await send('POST', path, request)).json()).toEqual(ranks);
    expect((await send('POST', path, { inputs: request })).json()).toEqual(ranks);
  });

  it('finds entities', async () => {
    const model = finder();
    const send = serve(model);
    const found = [{ entity_group: 'WORK', score: 0.5, word: 'film', start: 5, end: 9 }];
    const parameters = { aggregation_strategy: 'first', ignore_labels: ['REST'] };
    expect((await send('POST', path, { inputs: 'good film', parameters })).json()).toEqual(found);
    expect(model.requests[0]!.text).toMatchObject({ aggregation: 'first' });
    expect((await send('POST', path, { inputs: ['good film'], parameters })).json()).toEqual([found]);
    expect((await send('POST', path, { inputs: 'good film' })).json()).toHaveLength(2);
  });

  it('scores labels that the request brings', async () => {
    const model = labeller();
    const send = serve(model);
    const parameters = { candidate_labels: ['bad', 'good'], multi_label: true, hypothesis_template: 'It is {}.' };
    const scores = [
      { label: 'good', score: 2 },
      { label: 'bad', score: 0 },
    ];
    expect((await send('POST', path, { inputs: 'good good', parameters })).json()).toEqual(scores);
    expect(model.requests[0]!.text).toMatchObject({ multiLabel: true, hypothesisTemplate: 'It is {}.' });
    expect((await send('POST', path, { inputs: ['good good'], parameters })).json()).toEqual([scores]);
    const missing = await send('POST', path, { inputs: 'good', parameters: {} });
    expect(missing.text).toContain('`candidate_labels` is missing');
  });

  it('answers questions', async () => {
    const send = serve(answerer());
    const inputs = { question: 'Who?', context: 'Anna sings' };
    const found = { score: 0.5, start: 0, end: 4, answer: 'Anna' };
    expect((await send('POST', path, { inputs })).json()).toEqual(found);
    expect((await send('POST', path, { inputs: [inputs, inputs] })).json()).toEqual([found, found]);
    const missing = await send('POST', path, { inputs: { question: 'Who?' } });
    expect(missing.text).toContain('`context` is missing');
    expect((await send('POST', path, { inputs: 'Who?' })).text).toContain('must be {');
  });

  it('needs the name of one of several models', async () => {
    const send = serve(embedder('first'), classifier('second'));
    const unnamed = await send('POST', path, { inputs: 'a' });
    expect([unnamed.status, unnamed.text]).toEqual([400, expect.stringContaining('first, second')]);
    expect((await send('POST', path, { inputs: 'good', model: 'second' })).json()).toHaveLength(2);
  });
});

it('requests in the form of text-embeddings-inference on Vertex AI get a prediction each', async () => {
  const send = serve(embedder(), reranker());
  const ranked = { query: 'good', texts: ['bad', 'good'], raw_scores: true, model: 'ranker' };
  const instances = [{ inputs: 'good good', normalize: false, model: 'words' }, ranked];
  expect((await send('POST', '/predict-route', { instances })).json()).toEqual({
    predictions: [
      [[2, 0, 0]],
      [
        { index: 1, score: 1 },
        { index: 0, score: 0 },
      ],
    ],
  });
  const wrong = await send('POST', '/predict-route', { instances: [{ inputs: 5, model: 'words' }] });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('`instances[0].inputs` must be a text')]);
});

it('a text that is an input of many rows is in memory once, and the rows of a request are limited', async () => {
  const ranker = reranker();
  await serve(ranker)('POST', '/', { query: 'good', texts: ['bad', 'good', 'good film'] });
  const [queries] = ranker.requests[0]!.inputs;
  expect(new Set(queries!.data as Buffer[]).size).toBe(1);

  const model = labeller();
  const inputs = Array.from({ length: 512 }, (_, index) => `text ${index}`);
  const parameters = { candidate_labels: inputs.concat('one more') };
  const response = await serve(model)('POST', '/', { inputs, parameters });
  expect([response.status, response.text]).toEqual([
    413,
    expect.stringContaining('512 rows of the input labels have 262656 texts, at most 262144 are allowed'),
  ]);
  expect(model.requests).toEqual([]);
});

it.each([
  ['zero-shot classification', labeller(), { inputs: 'a', parameters: { candidate_labels: ['b'] } }],
  ['question answering', answerer(), { inputs: { question: 'a', context: 'b' } }],
  ['text classification', classifier(), { inputs: 'a' }],
])('a score that is not a number fails %s, and is not null', async (_, model, body) => {
  const broken: ServedModel = {
    ...model,
    async infer(request) {
      const { outputs } = await model.infer(request);
      const spoilt = outputs.map((output) =>
        output.datatype === 'FP32'
          ? { ...output, data: new Float32Array(output.data.length).fill(Number.NaN) }
          : output,
      );
      return { outputs: spoilt };
    },
  };
  const response = await serve(broken)('POST', '/', body);
  expect(response.status).not.toBe(200);
  expect(response.text).toContain(`model ${model.name} returned the score NaN`);
});

it('an instance that is invalid as a whole fails the request, and leaves no rejected promise of another', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listener);
  const instances = [
    { inputs: 'a', normalize: 1 },
    { inputs: 'b', parameters: 1 },
  ];
  const response = await serve(embedder())('POST', '/predict-route', { instances });
  expect([response.status, response.text]).toEqual([400, expect.stringContaining('instances[')]);
  // Node.js reports rejections after the microtasks.
  await new Promise(setImmediate);
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

it('routes that take other forms keep them', async () => {
  const send = serve(embedder());
  for (const path of ['/invocations', '/score', '/predict-route']) {
    const rows = await send('POST', path, { instances: ['good good'] });
    expect(rows.json()).toEqual({ predictions: [[2, 0, 0]] });
  }
  const tensors = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['bad'] }] };
  expect((await send('POST', '/invocations', tensors)).json()).toMatchObject({ outputs: [{ data: [0, 1, 0] }] });
  const numbers = await serve(halfPlusTwo)('POST', '/invocations', { inputs: [1, 2] });
  expect(numbers.json()).toEqual({ outputs: [2.5, 3] });
});

describe('a picture at /', () => {
  const OUTPUTS = [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 3], labels: ['cat', 'dog', 'fox'] }];
  const task = {
    type: 'image_classification',
    preprocessing: [],
    layout: 'NCHW',
    output: 'logits',
    activation: 'none',
  };
  const inputs = [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }];
  /** Scores the length of a file and its first byte. */
  const pets = model({
    name: 'pets',
    inputs,
    outputs: OUTPUTS,
    manifest: { format: 'onnx', inputs, outputs: OUTPUTS, task } as unknown as Manifest,
    compute: ([image]) => {
      const file = pictureBytes((image!.data as Buffer[])[0]!);
      return [{ ...OUTPUTS[0]!, shape: [1, 3], data: Float32Array.of(file.length, file[0]!, 0) }];
    },
  });
  const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const classes = [
    { label: 'dog', score: 0x89 },
    { label: 'cat', score: PNG.length },
    { label: 'fox', score: 0 },
  ];

  it('is classified, as bytes or as base64, beside models that read texts', async () => {
    const options = { headers: { 'content-type': 'image/png' } };
    expect((await serve(pets)('POST', '/', PNG, options)).json()).toEqual(classes);
    const encoded = { inputs: PNG.toString('base64'), parameters: { top_k: 2 } };
    expect((await serve(pets)('POST', '/', encoded)).json()).toEqual(classes.slice(0, 2));
    const url = { ...encoded, inputs: `data:image/png;base64,${encoded.inputs}` };
    expect((await serve(pets)('POST', '/', url)).json()).toEqual(classes.slice(0, 2));
    const address = await serve(pets)('POST', '/', { inputs: 'https://example.com/cat.png' });
    expect([address.status, address.text]).toEqual([422, expect.stringContaining('the server never fetches pictures')]);
    const both = serve(pets, embedder());
    expect((await both('POST', '/', PNG, options)).json()).toEqual(classes);
    expect((await both('POST', '/', { inputs: 'good' })).json()).toEqual([[1, 0, 0]]);
    expect((await both('POST', '/models/pets', encoded)).json()).toEqual(classes.slice(0, 2));
  });

  /** Answers each picture with the same JSON list, as objects and segments are reported. */
  const lists = (type: string, output: string, list: readonly object[]) =>
    model({
      name: 'pets',
      inputs,
      outputs: [{ name: output, datatype: 'BYTES', shape: [-1] }],
      manifest: { format: 'onnx', inputs, outputs: [], task: { ...task, type } } as unknown as Manifest,
      compute: () => [{ name: output, datatype: 'BYTES', shape: [1], data: [Buffer.from(JSON.stringify(list))] }],
    });

  it('gets its objects, those above a threshold, and its segments', async () => {
    const box = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 };
    const objects = [
      { score: 0.9, label: 'cat', box },
      { score: 0.6, label: 'dog', box },
    ];
    const send = serve(lists('object_detection', 'objects', objects));
    expect((await send('POST', '/', PNG)).json()).toEqual(objects);
    const encoded = { inputs: PNG.toString('base64'), parameters: { threshold: 0.7 } };
    expect((await send('POST', '/', encoded)).json()).toEqual(objects.slice(0, 1));
    const segments = [{ score: null, label: 'cat', mask: 'iVBORw0KGgo=' }];
    expect((await serve(lists('image_segmentation', 'segments', segments))('POST', '/', encoded)).json()).toEqual(
      segments,
    );
  });

  it('gets its vector', async () => {
    const outputs = [{ name: 'embedding', datatype: 'FP32' as const, shape: [-1, 2] }];
    const embeds = model({
      name: 'pets',
      inputs,
      outputs,
      manifest: { format: 'onnx', inputs, outputs, task: { ...task, type: 'image_embedding' } } as unknown as Manifest,
      compute: () => [{ ...outputs[0]!, shape: [1, 2], data: Float32Array.of(1, 2) }],
    });
    expect((await serve(embeds)('POST', '/', PNG)).json()).toEqual([1, 2]);
  });

  it('is not explained if it has no scores of classes, and the error names what the model takes', async () => {
    const task = { ...pets.manifest.task!, type: 'image_embedding' } as ImageEmbeddingTask;
    const vectors = { ...pets, manifest: { ...pets.manifest, task } };
    const response = await serve(vectors)('POST', '/v1/models/pets:explain', { instances: [PNG.toString('base64')] });
    expect([response.status, response.text]).toEqual([
      400,
      expect.stringMatching(/can be explained; the task image_embedding takes pictures/),
    ]);
  });
});
