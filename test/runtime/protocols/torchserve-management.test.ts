import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { type RunningServer, startServer } from '../../../runtime/src/start-server.js';
import answers from '../../fixtures/adopt/torchserve/management.answers.json' with { type: 'json' };

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');

let server: RunningServer;
let url: string;
beforeAll(async () => {
  const config = readConfig({
    [ENVIRONMENT.models]: JSON.stringify({ steps: { location: IRIS }, entry: { location: IRIS } }),
    [ENVIRONMENT.port]: '0',
    [ENVIRONMENT.managementPort]: '0',
    [ENVIRONMENT.logLevel]: 'error',
    [ENVIRONMENT.apiKeyHashes]: '0'.repeat(64),
  });
  server = await startServer(config, '127.0.0.1', {});
  url = `http://127.0.0.1:${server.managementPort}`;
}, 60_000);
afterAll(() => server?.close());

/** Fields whose values are those of the server that responds. */
const OWN = ['modelUrl', 'batchSize', 'maxBatchDelay', 'responseTimeout', 'workers'];

function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, each) => (OWN.includes(name) ? typeof each : each)));
}

describe('the management port', () => {
  it.each(answers)('responds to $request as TorchServe does', async ({ request, response }) => {
    const [method, path] = request.split(' ') as [string, string];
    const answer = await fetch(`${url}${path}`, { method });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([response.status, response.type]);
    const text = await answer.text();
    const wanted = comparable(response.body);
    const got = comparable(JSON.parse(text));
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    // Descriptions have fewer fields.
    if (Array.isArray(wanted)) expect(wanted).toMatchObject(got as object[]);
    else expect(got).toEqual(wanted);
  });

  it.each(['*', '/models/%'])('keeps running after GET %s', async (path) => {
    const status = await new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: server.managementPort, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(404);
    expect((await fetch(`${url}/models`)).status).toBe(200);
  });

  it('gives the next page', async () => {
    const page = async (search: string) =>
      (await (await fetch(`${url}/models${search}`)).json()) as { nextPageToken?: string; models: unknown[] };
    const { nextPageToken, models } = await page('?limit=1');
    expect(models).toMatchObject([{ modelName: 'entry' }]);
    expect(await page(`?limit=1&next_page_token=${nextPageToken}`)).toEqual({
      models: [{ modelName: 'steps', modelUrl: expect.any(String) }],
    });
  });
});
