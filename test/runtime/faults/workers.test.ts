import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { packCrashing, PYTHON as python } from '../../support/crashing-package.js';
import { describeServers } from '../../support/every-server.js';
import { post, until } from './servers.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-crashing-'));
  model = await packCrashing(folder);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Variables of a server with worker processes. */
const withWorkers = (workers: number) => ({
  [ENVIRONMENT.model]: model,
  [ENVIRONMENT.python]: python,
  [ENVIRONMENT.workers]: workers,
  [ENVIRONMENT.trustPickle]: true,
});
const predict = (base: string, first: number) =>
  post(`${base}/v1/models/crashing:predict`, JSON.stringify({ instances: [[first, 1]] }));

describeServers('fault 20: a worker process that ends', (start) => {
  it.each([
    ['an exit', 13],
    ['a native abort', 14],
    ['a segmentation fault', 15],
  ])('by %s costs the request that it had and no other, and is replaced', { timeout: 60_000 }, async (_, first) => {
    const base = await start(withWorkers(2)).url;
    const others = Array.from({ length: 20 }, (_each, index) => predict(base, index / 100));
    const crashed = await predict(base, first);
    expect(crashed.status).toBe(503);
    expect(Number(crashed.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await crashed.text()).not.toContain('Traceback');
    for (const [index, answer] of (await Promise.all(others)).entries()) {
      expect(await answer.json()).toEqual({ predictions: [index / 100 + 1] });
    }
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
    for (let again = 0; again < 4; again++) expect((await predict(base, 2)).status).toBe(200);
  });

  it('again and again is told by readiness and status, while the server lives, until one answers again', {
    timeout: 60_000,
  }, async () => {
    const base = await start(withWorkers(1)).url;
    const ready = async (path: string) => (await fetch(`${base}${path}`)).status;
    for (let crash = 0; crash < 4; crash++) expect((await predict(base, 13)).status).toBe(503);
    // The pause before the next start is twice as long each time: there is time to look around after this one.
    await until(async () => (await ready('/v2/health/ready')) === 200);
    expect((await predict(base, 13)).status).toBe(503);
    expect(await ready('/v2/health/ready')).toBe(503);
    expect(await ready('/ping')).toBe(503);
    expect(await ready('/v2/models/crashing/ready')).toBe(503);
    expect(await ready('/v2/health/live')).toBe(200);
    const told = 'the model is loaded, but its worker processes keep crashing';
    expect(await (await fetch(`${base}/v1/models/crashing`)).json()).toEqual({
      model_version_status: [
        { version: '1', state: 'AVAILABLE', status: { error_code: 'UNKNOWN', error_message: told } },
      ],
    });
    expect(await (await post(`${base}/v2/repository/index`, '')).json()).toEqual([
      { name: 'crashing', version: '1', state: 'UNAVAILABLE', reason: told },
    ]);
    const page = await (await fetch(base, { headers: { accept: 'text/html' } })).text();
    expect(page).toContain(`"available":false,"failure":"${told}"`);
    await until(async () => (await ready('/v2/health/ready')) === 200);
    expect((await predict(base, 2)).status).toBe(200);
    expect(await ready('/v2/models/crashing/ready')).toBe(200);
  });
});
