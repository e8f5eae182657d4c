import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import type { ServedVersion } from '../../../runtime/src/models/served-version.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { node } from '../../support/nodes.js';
import { bundleOn, IRIS, IRIS_REQUEST, post, slowPackage, spawnServer, stopAll } from '../faults/servers.js';
import { childrenOf, THREE } from './several.js';

afterEach(stopAll);

const config = readConfig({ [ENVIRONMENT.model]: IRIS, [ENVIRONMENT.logLevel]: 'error' });

it('uses the trial of the process that started first, and makes none of its own', async () => {
  const first = createRuntime(config);
  await first.load();
  const { trials, ...state } = first.state;
  expect(trials).toEqual([[first.catalog.find('iris')!.manifest.digest, expect.objectContaining({})]]);
  await first.close();

  // No trial has this result: neither the number of rows nor a thread for so small a model.
  const trial = { threads: 1, batching: { maxRows: 3, signatures: ['serving_default'] } };
  const second = createRuntime(config);
  await second.load(JSON.parse(JSON.stringify({ ...state, trials: [[trials[0]![0], trial]] })));
  expect(second.state.trials).toEqual([[trials[0]![0], trial]]);
  const answers = await Promise.all(
    Array.from({ length: 31 }, () =>
      second.app.handle({
        method: 'POST',
        path: '/v1/models/iris:predict',
        query: '',
        headers: {},
        body: Buffer.from(IRIS_REQUEST),
      }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  // The first request runs alone, because no run is in progress when it arrives.
  const { body } = await second.app.handle({
    method: 'GET',
    path: '/metrics',
    query: '',
    headers: {},
    body: Buffer.alloc(0),
  });
  expect(String(body)).toContain('modelship_run_rows_count{model="iris",version="1"} 11');
  await second.close();
}, 60_000);

describe('a model with long runs', () => {
  const long = () => readConfig({ [ENVIRONMENT.model]: slowPackage(1), [ENVIRONMENT.logLevel]: 'error' });

  it('is ready before its trial, whose result follows', async () => {
    const runtime = createRuntime(long());
    await runtime.load();
    expect(runtime.catalog.find('slow')!.isReady).toBe(true);
    expect(runtime.state.trials).toEqual([]);
    await runtime.tried();
    expect(runtime.state.trials).toMatchObject([[expect.any(String), { batching: { maxRows: 1 } }]]);
    await runtime.close();
  }, 60_000);

  it('is closed without waiting for its trial', async () => {
    const runtime = createRuntime(long());
    await runtime.load();
    await runtime.close();
    await runtime.tried();
    expect(runtime.state.trials).toEqual([]);
  }, 60_000);

  it('answers a request that comes while it waits for the last run of its trial to close', async () => {
    const runtime = createRuntime(long());
    await runtime.load();
    const version = runtime.catalog.find('slow') as ServedVersion;
    let endTrial!: () => void;
    version.tried = new Promise((resolve) => {
      endTrial = resolve;
    });
    const closed = runtime.close();
    await new Promise((later) => setImmediate(later));
    const rounds: Tensor = { name: 'rounds', shape: [1], datatype: 'INT64', data: new BigInt64Array([50n]) };
    const answer = version.infer({ inputs: [rounds] });
    endTrial();
    expect((await answer).outputs).toMatchObject([{ name: 'y' }]);
    await closed;
  }, 60_000);

  it('does not delay changes of the models until the end of its trial', async () => {
    const settings = { ...THREE, [ENVIRONMENT.model]: slowPackage(20), [ENVIRONMENT.modelControl]: 'true' };
    const server = spawnServer(settings, bundleOn(node(24).path));
    const base = await server.url;
    expect((await post(`${base}/v2/repository/models/none/load`, '{}')).status).toBe(404);
    // The others start after the trial.
    expect(childrenOf(server)).toHaveLength(1);
  }, 60_000);

  it('gets no trial where requests come one at a time', async () => {
    const runtime = createRuntime(long(), { oneAtATime: true });
    await runtime.load();
    await runtime.tried();
    expect(runtime.state.trials).toEqual([]);
    await runtime.close();
  }, 60_000);
});
