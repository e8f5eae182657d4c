import { describe, expect, it } from 'vitest';
import { vertexAi } from '../../../runtime/src/protocols/vertex-ai.js';
import { catalog, halfPlusTwo, sender } from './support.js';

// Vertex AI's own routes, where the container names none.
const health = '/v1/endpoints/123/deployedModels/456';
const predict = `${health}:predict`;
const send = (more = {}) => sender([vertexAi({ health, predict })], catalog([halfPlusTwo], more));

describe('Vertex AI', () => {
  it('answers on the routes it was given', async () => {
    expect((await send()('GET', health)).status).toBe(200);
    expect((await send({ ready: false })('GET', health)).status).toBe(503);
    const response = await send()('POST', predict, { instances: [1], parameters: { top: 1 } });
    expect(response.json()).toEqual({ predictions: [2.5] });
  });

  it('refuses what is no request', async () => {
    const response = await send()('POST', predict, '[1]');
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining('Is not object') });
  });
});
