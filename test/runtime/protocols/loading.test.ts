import { describe, expect, it } from 'vitest';
import { catalog, halfPlusTwo, sender } from './support.js';

const loading = { ...halfPlusTwo, state: 'LOADING' as const };

describe.each([
  ['POST', '/v1/models/half_plus_two:predict'],
  ['POST', '/v1/models/half_plus_two/versions/1:predict'],
  ['GET', '/v1/models/half_plus_two/metadata'],
  ['POST', '/v1/models/half_plus_two:explain'],
  ['POST', '/v2/models/half_plus_two/infer'],
  ['GET', '/v2/models/half_plus_two'],
  ['POST', '/predictions/half_plus_two'],
] as const)('%s %s', (method, path) => {
  it.each([
    ['while the model loads', catalog([loading]), /model half_plus_two is loading/],
    ['before any model is known', catalog([], { ready: false }), /the models are loading/],
  ])('gets 503 with Retry-After %s', async (_, models, message) => {
    const response = await sender(models)(method, path, '{"instances": [1]}');
    expect(response.status).toBe(503);
    expect(response.headers).toMatchObject({ 'retry-after': '1' });
    expect(response.text).toMatch(message);
  });

  it('gets 404 if the model failed to load', async () => {
    const failed = { ...halfPlusTwo, name: 'other', state: 'END' as const };
    expect((await sender(catalog([failed]))(method, path, '{"instances": [1]}')).status).toBe(404);
  });
});
