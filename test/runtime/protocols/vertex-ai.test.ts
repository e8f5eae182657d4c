import { describe, expect, it } from 'vitest';
import { catalog, halfPlusTwo, sender } from './support.js';

// Vertex AI's own routes, where the container names none.
const health = '/v1/endpoints/123/deployedModels/456';
const predict = `${health}:predict`;
const send = (more = {}) => sender(catalog([halfPlusTwo], more), { vertexRoutes: { health, predict } });

describe('Vertex AI', () => {
  it('answers on the routes it was given', async () => {
    expect((await send()('GET', health)).status).toBe(200);
    expect((await send({ ready: false })('GET', health)).status).toBe(503);
    const response = await send()('POST', predict, { instances: [1], parameters: { top: 1 } });
    expect(response.json()).toEqual({ predictions: [2.5] });
  });

  it("takes and gives the binary form of Triton's clients, whose type holds the length of the JSON", async () => {
    const type = 'application/vnd.vertex-ai-triton.binary+json';
    const input = { name: 'x', shape: [1], datatype: 'FP32', parameters: { binary_data_size: 4 } };
    const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));
    const body = Buffer.concat([head, Buffer.from(Float32Array.of(1).buffer)]);
    const ask = (contentType: string) => send()('POST', predict, body, { headers: { 'content-type': contentType } });
    const response = await ask(`${type};json-header-size=${head.length}`);
    const length = new RegExp(`^${type.replaceAll(/[.+]/g, '\\$&')};json-header-size=(\\d+)$`).exec(
      response.headers['content-type']!,
    )?.[1];
    expect((response.body as Buffer).subarray(Number(length))).toEqual(Buffer.from(Float32Array.of(2.5).buffer));
    expect((await ask(type)).json()).toEqual({ error: expect.stringContaining('json-header-size is missing') });
  });

  it('takes the JSON of Open Inference', async () => {
    const body = { inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }] };
    const response = await send()('POST', predict, body);
    expect(response.json()).toMatchObject({ model_name: 'half_plus_two', outputs: [{ name: 'y', data: [2.5] }] });
  });

  it('refuses what is no request', async () => {
    const response = await send()('POST', predict, '[1]');
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining('Is not object') });
  });
});
