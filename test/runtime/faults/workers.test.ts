import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packCrashing, PYTHON as python } from '../../support/crashing-package.js';
import { post, serve, stopAll, until } from './servers.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-crashing-'));
  model = await packCrashing(folder);
}, 180_000);
afterEach(stopAll);
afterAll(() => rmSync(folder, { recursive: true }));

const start = (workers: number) => serve({ model, python, workers, trustPickle: true });
const predict = (base: string, first: number) =>
  post(`${base}/v1/models/crashing:predict`, JSON.stringify({ instances: [[first, 1]] }));

describe('fault 20: a worker process that ends', { timeout: 60_000 }, () => {
  it.each([
    ['an exit', 13],
    ['a native abort', 14],
    ['a segmentation fault', 15],
  ])('by %s costs the request that it had and no other, and is replaced', async (_, first) => {
    const base = await start(2);
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

  it('again and again is told by readiness and status, while the server lives, until one answers again', async () => {
    const base = await start(1);
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
