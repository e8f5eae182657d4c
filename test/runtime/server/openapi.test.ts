import { describe, expect, it } from 'vitest';
import { openApi } from '../../../runtime/src/server/openapi.js';
import { catalog, model } from '../protocols/support.js';

// biome-ignore lint/suspicious/noExplicitAny: the tests read a few places of a large document
const described = (...models: Parameters<typeof catalog>[0]) => openApi(catalog(models)) as any;
const schema = (operation: { post: { requestBody: { content: Record<string, { schema: object }> } } }) =>
  operation.post.requestBody.content['application/json']!.schema;

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
