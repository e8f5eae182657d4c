import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { openApi } from '../../../runtime/src/server/openapi.js';
import type { Tensor, TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, model, sender } from '../protocols/support.js';
import { answerer, classifier, embedder, finder, labeller, reranker } from '../protocols/text-models.js';

interface Operation {
  readonly post: {
    readonly requestBody: { readonly content: Record<string, { readonly schema: object; readonly example?: object }> };
    readonly responses: Record<
      200,
      { readonly content: { readonly 'application/json': { readonly schema: object; readonly example?: unknown } } }
    >;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the tests read a few places of a large document
const described = (...models: Parameters<typeof catalog>[0]) => openApi(catalog(models)) as any;
const schema = (operation: Operation) => operation.post.requestBody.content['application/json']!.schema;
const example = (operation: Operation) => operation.post.requestBody.content['application/json']!.example;

describe('the description of the models', () => {
  it('has the shapes and types of the one input', () => {
    const images = model({
      name: 'images',
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [-1, 224, -1, 3] }],
      compute: (inputs) => inputs,
    });
    const { openapi, paths } = described(images);
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(['/v1/models/images:predict', '/v2/models/images/infer']);
    const pixel = { type: 'array', items: { type: 'integer' }, minItems: 3, maxItems: 3 };
    const row = { type: 'array', items: { type: 'array', items: pixel }, minItems: 224, maxItems: 224 };
    expect(schema(paths['/v1/models/images:predict'])).toMatchObject({ properties: { instances: { items: row } } });
  });

  it('names the inputs where there are several', () => {
    const inputs = [
      { name: 'age', datatype: 'FP32', shape: [-1] },
      { name: 'city', datatype: 'BYTES', shape: [-1] },
    ] as const;
    const { paths } = described(model({ name: 'm', inputs, compute: () => [] }));
    expect(schema(paths['/v1/models/m:predict'])).toMatchObject({
      properties: {
        instances: { items: { required: ['age', 'city'], properties: { age: { type: 'number' }, city: {} } } },
      },
    });
    expect(schema(paths['/v2/models/m/infer'])).toMatchObject({
      properties: { inputs: { prefixItems: [{ properties: { name: { const: 'age' } } }, {}] } },
    });
  });

  it('leaves out what is not available', () => {
    expect(described(model({ state: 'LOADING', compute: () => [] })).paths).toEqual({});
  });
});

describe('the description of the routes for texts', () => {
  const samples = [
    [{ name: 'text', datatype: 'BYTES', shape: [2], data: ['good film', 'bad'].map((text) => Buffer.from(text)) }],
  ];
  const models = [embedder('words', { examples: samples as never }), reranker(), classifier()];
  const { paths } = described(...models);

  it('has every route that takes a body, with texts of the samples', () => {
    expect(Object.keys(paths).filter((path) => !path.includes(':predict') && !path.includes('/infer'))).toEqual([
      '/embed',
      '/embed_all',
      '/similarity',
      '/v1/embeddings',
      '/rerank',
      '/v1/rerank',
      '/v2/rerank',
      '/predict',
      '/tokenize',
      '/decode',
      '/',
      '/invocations',
    ]);
    expect(example(paths['/similarity'])).toEqual({ inputs: { source_sentence: 'good film', sentences: ['bad'] } });
    expect(described(model({ compute: () => [] })).paths).not.toHaveProperty('/embed');
  });

  it('has requests that succeed with responses as described', async () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [path, operation] of Object.entries<Operation>(paths)) {
      const body = example(operation);
      // The test model has no vectors of tokens.
      if (body === undefined || path === '/embed_all') continue;
      expect(ajv.validate(schema(operation), body), path).toBe(true);
      const answer = await sender(catalog(models))('POST', path, body);
      expect([path, answer.status]).toEqual([path, 200]);
      const described = operation.post.responses[200].content['application/json'].schema;
      expect(ajv.validate(described, answer.json()), `${path}: ${answer.text}`).toBe(true);
    }
  });
});

describe('the examples of responses', () => {
  const inputs = [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }];

  /** A model that takes pictures, and answers each with `data`. */
  function pictures(type: string, name: string, data: Tensor['data'], more: Partial<TensorSpec> = {}) {
    const outputs = [
      { name, datatype: Array.isArray(data) ? ('BYTES' as const) : ('FP32' as const), shape: [-1], ...more },
    ];
    const task = { type, preprocessing: [], layout: 'NCHW', output: 'logits', activation: 'none', masks: 'png' };
    const manifest = { name: 'pets', format: 'onnx', inputs, outputs, task } as unknown as Manifest;
    const compute = () => [{ ...outputs[0]!, shape: outputs[0]!.shape.map(Math.abs), data }];
    return model({ name: 'pets', inputs, outputs, manifest, compute });
  }
  const list = (...objects: object[]) => [Buffer.from(JSON.stringify(objects))];
  const box = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 };
  const models = {
    embed: embedder(),
    rerank: reranker(),
    text_classification: classifier(),
    token_classification: finder(),
    zero_shot_classification: labeller(),
    question_answering: answerer(),
    image_classification: pictures('image_classification', 'scores', Float32Array.of(1, 2), {
      shape: [-1, 2],
      labels: ['cat', 'dog'],
    }),
    image_embedding: pictures('image_embedding', 'embedding', Float32Array.of(1, 2), { shape: [-1, 2] }),
    object_detection: pictures('object_detection', 'objects', list({ score: 0.5, label: 'cat', box })),
    image_segmentation: pictures('image_segmentation', 'segments', list({ score: null, label: 'cat', mask: 'iVBO' })),
    read_text: pictures('read_text', 'lines', list({ text: 'stop', score: 0.5, polygon: [[1, 2]] })),
  };

  /** Returns the members and types of a value. Lists have the form of their first element. */
  function formOf(value: unknown): unknown {
    if (Array.isArray(value)) return value.slice(0, 1).map(formOf);
    if (typeof value === 'string' && /^\[\{/.test(value)) return { json: formOf(JSON.parse(value)) };
    if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, formOf(member)]));
  }

  it.each(Object.entries(models))('%s: are valid, and have the form of what the model answers', async (_, served) => {
    const ajv = new Ajv2020({ strict: false });
    const operations = Object.entries<Operation>(described(served).paths);
    expect(operations.length).toBeGreaterThan(2);
    for (const [path, operation] of operations) {
      const { schema: response, example: answer } = operation.post.responses[200].content['application/json'];
      const body = example(operation);
      expect([path, answer, body]).toEqual([path, expect.anything(), expect.anything()]);
      expect(ajv.validate(schema(operation), body), `${path}: ${JSON.stringify(body)}`).toBe(true);
      expect(ajv.validate(response, answer), `${path}: ${JSON.stringify(answer)}`).toBe(true);
      // Only the model for vectors has a tokenizer, and no model has vectors of tokens.
      if (path === '/embed_all' || (/tokenize|decode/.test(path) && served !== models.embed)) continue;
      const sent = await sender(catalog([served]))('POST', path, body);
      expect([path, sent.status, formOf(answer)]).toEqual([path, 200, formOf(sent.json())]);
    }
  });
});
