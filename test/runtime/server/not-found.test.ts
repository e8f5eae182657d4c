import { afterAll, beforeAll, expect, it } from 'vitest';
import { serve, stopAll } from '../faults/servers.js';

let base: string;
beforeAll(async () => {
  base = await serve();
});
afterAll(stopAll);

it('names the routes and the models where there is no route', async () => {
  const response = await fetch(`${base}/predict`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error:
      'no route for POST /predict; the server has iris. Predict with POST /v1/models/iris:predict or ' +
      '/v2/models/iris/infer; GET /openapi.json describes every route',
  });
});

it('names the models where there is none of that name', async () => {
  const response = await fetch(`${base}/v2/models/rooter/infer`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: 'model rooter does not exist; the server has iris' });
});
