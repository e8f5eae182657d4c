import { describe, expect, it } from 'vitest';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';

const send = (served = halfPlusTwo) => sender(catalog([served]));

describe('Azure ML', () => {
  it.each([{ instances: [1, 2] }, { data: [1, 2] }, { input_data: [1, 2] }, '[1, 2]'])('scores %j', async (body) => {
    const response = await send()('POST', '/score', body);
    expect(response.json()).toEqual({ predictions: [2.5, 3] });
    expect(response.headers['x-ms-run-function-failed']).toBe('False');
    expect(Number(response.headers['x-ms-run-fn-exec-ms'])).toBeGreaterThanOrEqual(0);
  });

  it('brings ids back, or makes one up', async () => {
    const ids = { 'x-request-id': 'a'.repeat(100), 'x-ms-client-request-id': 'mine' };
    expect((await send()('GET', '/', '', { headers: ids })).headers).toMatchObject(ids);
    const first = (await send()('GET', '/')).headers['x-request-id'];
    expect(first).toMatch(/^[\da-f-]{36}$/);
    expect((await send()('GET', '/')).headers['x-request-id']).not.toBe(first);
    const failed = await send()('POST', '/score', '{', { headers: ids });
    expect(failed).toMatchObject({ status: 400, headers: ids });
  });

  it.each(['x-request-id', 'x-ms-client-request-id'])('answers 431 to a long %s', async (name) => {
    const response = await send()('POST', '/score', '[1]', { headers: { [name]: 'a'.repeat(101) } });
    expect(response.status).toBe(431);
    expect(response.json()).toEqual({ message: expect.stringContaining(name) });
  });

  it('is healthy', async () => {
    expect((await send()('GET', '/')).text).toBe('Healthy');
    expect((await send()('OPTIONS', '/score')).status).toBe(200);
  });

  it('words failures as a message', async () => {
    const response = await send()('GET', '/score');
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ message: expect.stringContaining('The document is empty') });
    const failing = model({
      compute: () => {
        throw new InferenceError('INTERNAL', 'the model failed');
      },
    });
    const failed = await send(failing)('POST', '/score', '[1]');
    expect(failed).toMatchObject({ status: 500, headers: { 'x-ms-run-function-failed': 'True' } });
  });

  it('describes itself as Swagger 2 and OpenAPI 3', async () => {
    const table = model({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [-1, 2] },
        { name: 'word', datatype: 'BYTES', shape: [-1] },
      ],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
      compute: (inputs) => inputs,
    });
    const describe = (query: string) => send(table)('GET', '/swagger.json', '', { query });
    const numbers = { type: 'array', items: { type: 'number' } };
    expect((await describe('')).json()).toMatchObject({
      swagger: '2.0',
      paths: {
        '/score': {
          post: {
            parameters: [
              {
                schema: {
                  properties: { instances: { items: { properties: { x: numbers, word: { type: 'string' } } } } },
                },
              },
            ],
          },
        },
      },
    });
    expect((await describe('version=3')).json()).toMatchObject({ openapi: '3.0.3' });
    expect((await describe('version=4')).status).toBe(404);
  });
});
