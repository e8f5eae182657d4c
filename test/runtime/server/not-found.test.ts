import { expect, it } from 'vitest';
import { describeServers } from '../../support/every-server.js';

describeServers('a request that finds nothing', (start) => {
  it('gets the routes and the models where there is no route', async () => {
    const response = await fetch(`${await start().url}/predict`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error:
        'no route for POST /predict; the server has iris. Predict with POST /v1/models/iris:predict or ' +
        '/v2/models/iris/infer; GET /openapi.json describes every route',
    });
  });

  it('gets the models where there is none of that name', async () => {
    const response = await fetch(`${await start().url}/v2/models/rooter/infer`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'model rooter does not exist; the server has iris' });
  });
});
