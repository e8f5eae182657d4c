import { once } from 'node:events';
import { createReadStream, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import type { HostSettings } from '../../../runtime/src/platforms/host.js';
import { LARGE_BODY_BYTES } from '../../../runtime/src/server/codec.js';
import { type RunningServer, startServer } from '../../../runtime/src/start-server.js';
import { post, slowPackage, until } from '../faults/servers.js';
import { VersionFolder } from '../models/model-folders.js';

const PROTO = join(import.meta.dirname, '../../../runtime/proto');

const servers: RunningServer[] = [];
const stores: Server[] = [];
const clients: { close(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const store of stores.splice(0)) {
    store.closeAllConnections();
    store.close();
  }
});

async function start(environment: Record<string, string>, host: HostSettings = {}) {
  const quiet = { [ENVIRONMENT.port]: '0', [ENVIRONMENT.grpcPort]: '0', [ENVIRONMENT.logLevel]: 'error' };
  const server = await startServer(readConfig({ ...quiet, ...environment }), '127.0.0.1', host);
  servers.push(server);
  return { base: `http://127.0.0.1:${server.port}`, grpcPort: server.grpcPort! };
}

// biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
type Message = any;

/** Calls methods of a service by a real client. */
function client(port: number, protoFile: string, service: string) {
  const loaded = loadSync(protoFile, { includeDirs: [PROTO], keepCase: true, longs: String, enums: String });
  const found = service.split('.').reduce((scope, part) => scope[part], loadPackageDefinition(loaded) as Message);
  const made = new found(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(made);
  return (method: string, request: object) =>
    new Promise<Message>((resolve, reject) => {
      made[method](request, (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer)));
    });
}
const modelService = (port: number) => client(port, 'tensorflow_serving.proto', 'tensorflow.serving.ModelService');
const inference = (port: number) => client(port, 'open_inference.proto', 'inference.GRPCInferenceService');

const predict = (base: string, spec = '') => post(`${base}/v1/models/slow${spec}:predict`, '{"inputs":[1]}');
const json = async (response: Promise<Response>) => (await response).json() as Message;
const states = async (base: string, spec = '') =>
  ((await json(fetch(`${base}/v1/models/slow${spec}`))).model_version_status as Message[]).map(
    ({ version, state }) => `${version} ${state}`,
  );

/** Asks again and again, from several connections, until `stop`; gives the statuses that came. */
function load(base: string, spec = '') {
  let isOver = false;
  const statuses: number[] = [];
  const failures: unknown[] = [];
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      try {
        const response = await predict(base, spec);
        await response.arrayBuffer();
        statuses.push(response.status);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(asking);
    expect(failures).toEqual([]);
    return new Set(statuses);
  };
}

const JSON_BODY = { 'content-type': 'application/json' };
const models = (location: string, more: object = {}) => ({
  [ENVIRONMENT.models]: JSON.stringify({ slow: { location, ...more } }),
});
const controlled = { [ENVIRONMENT.modelControl]: 'true' };

describe('labels', () => {
  it('lead to their version by REST, with its status, and nowhere if they are not known', async () => {
    const folder = new VersionFolder('1', '2');
    const { base } = await start(models(folder.path, { labels: { stable: 1, canary: '2' } }));
    expect((await predict(base, '/labels/stable')).status).toBe(200);
    expect(await states(base, '/labels/stable')).toEqual(['1 AVAILABLE']);
    expect(await states(base, '/labels/canary')).toEqual(['2 AVAILABLE']);
    expect(await json(fetch(`${base}/v1/models/slow/labels/canary/metadata`))).toMatchObject({
      model_spec: { version: '2' },
    });
    const unknown = await predict(base, '/labels/beta');
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toEqual({ error: 'Unrecognized servable version label: beta' });
    expect((await fetch(`${base}/v1/models/slow/labels/constructor`)).status).toBe(400);
  });

  it('move while the server runs, and fail no request', async () => {
    const folder = new VersionFolder('1', '2');
    const { base, grpcPort } = await start({ ...models(folder.path, { labels: { stable: 1 } }), ...controlled });
    const ask = modelService(grpcPort);
    const reload = (config: object) => ask('HandleReloadConfigRequest', { config });
    const config = { name: 'slow', base_path: folder.path, model_platform: 'tensorflow' };
    const stop = load(base, '/labels/stable');
    // As TensorFlow Serving has it, the policy is the newest version where none is named.
    for (const stable of ['2', '1', '2']) {
      folder.add('3');
      const answer = await reload({
        model_config_list: {
          config: [{ ...config, model_version_policy: { all: {} }, version_labels: { stable } }],
        },
      });
      expect(answer.status).toMatchObject({ error_message: '' });
      expect(await states(base, '/labels/stable')).toEqual([`${stable} AVAILABLE`]);
    }
    expect(await states(base)).toEqual(['3 AVAILABLE', '2 AVAILABLE', '1 AVAILABLE']);
    await reload({ model_config_list: { config: [{ ...config, version_labels: { stable: 2 } }] } });
    expect(await states(base)).toEqual(['3 AVAILABLE', '2 AVAILABLE']);
    expect(await stop()).toEqual(new Set([200]));
    await expect(
      reload({ model_config_list: { config: [{ ...config, version_labels: { stable: 9 } }] } }),
    ).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'Request to assign label to version 9 of model slow, which is not currently available for inference',
    });
    expect(await states(base, '/labels/stable')).toEqual(['2 AVAILABLE']);
    await expect(reload({ model_config_list: { config: [{ ...config, base_path: '/etc' }] } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    await expect(reload({})).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('Only ModelConfigList is currently supported'),
    });
  });

  it('are not for callers to move, nor anything else, unless that is asked for', async () => {
    const folder = new VersionFolder('1');
    const { base, grpcPort } = await start(models(folder.path));
    const config = { model_config_list: { config: [] } };
    const refused = { code: status.UNIMPLEMENTED };
    await expect(modelService(grpcPort)('HandleReloadConfigRequest', { config })).rejects.toMatchObject(refused);
    for (const method of ['RepositoryModelLoad', 'RepositoryModelUnload']) {
      await expect(inference(grpcPort)(method, { model_name: 'slow' })).rejects.toMatchObject(refused);
    }
    expect((await post(`${base}/v2/repository/models/slow/unload`, '')).status).toBe(404);
    expect((await post(`${base}/models`, '{"model_name":"a","url":"/etc"}')).status).toBe(404);
    expect((await predict(base)).status).toBe(200);
  });
});

describe('the model repository of the Open Inference Protocol', () => {
  it('loads, unloads and lists by REST', async () => {
    const folder = new VersionFolder('1');
    const { base } = await start({ [ENVIRONMENT.model]: folder.path, ...controlled });
    const repository = (call: string, body = '') => post(`${base}/v2/repository/${call}`, body);
    const index = async (body = '') =>
      ((await json(repository('index', body))) as Message[]).map(({ version, state }) => `${version} ${state}`);
    folder.add('2');
    expect(await json(repository('models/slow/load'))).toEqual({ name: 'slow', load: true });
    expect(await index()).toEqual(['2 READY', '1 READY']);
    expect(await json(repository('models/slow/unload', '{"parameters":{"unload_dependents":true}}'))).toEqual({
      name: 'slow',
      unload: true,
    });
    expect((await predict(base)).status).toBe(404);
    expect(await index()).toEqual(['1 UNAVAILABLE', '2 UNAVAILABLE']);
    expect(await index('{"ready":true}')).toEqual([]);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
    expect((await repository('models/slow/unload')).status).toBe(404);
    expect((await repository('models/none/load')).status).toBe(404);
    expect((await repository('models/..%2fslow/load')).status).toBe(400);
    expect((await repository('models/slow/load', '{')).status).toBe(400);
    expect((await repository('models/slow/load', '{"parameters":[]}')).status).toBe(400);
    const other = await repository('models/slow/load', '{"parameters":{"file:1/model.onnx":"AAAA"}}');
    expect(await other.json()).toEqual({ error: 'parameter file:1/model.onnx: no parameters are supported' });
    expect((await repository('models/slow/load', '{}')).status).toBe(200);
    expect((await predict(base)).status).toBe(200);
  });

  it('lists names, versions and states of unloaded versions, and nothing else', async () => {
    const folder = new VersionFolder('1');
    const { base } = await start({ [ENVIRONMENT.model]: folder.path, ...controlled });
    expect((await post(`${base}/v2/repository/models/slow/unload`, '')).status).toBe(200);
    for (const body of ['', ' '.repeat(LARGE_BODY_BYTES).concat('{}')]) {
      expect(await json(post(`${base}/v2/repository/index`, body))).toEqual([
        { name: 'slow', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
      ]);
    }
  });

  it('takes calls that are too large for the event loop, and rejects those of other web pages', async () => {
    const folder = new VersionFolder('1');
    const origin = 'https://pages.example';
    const { base } = await start({
      [ENVIRONMENT.model]: folder.path,
      [ENVIRONMENT.corsOrigins]: origin,
      ...controlled,
    });
    const large = ' '.repeat(LARGE_BODY_BYTES).concat('{}');
    const call = (name: string, from: string) => post(`${base}/v2/repository/models/${name}`, large, { origin: from });
    expect((await call('slow/unload', 'https://other.example')).status).toBe(403);
    expect((await predict(base)).status).toBe(200);
    expect((await call('slow/unload', origin)).status).toBe(200);
    expect((await predict(base)).status).toBe(404);
    expect((await call('slow/load', origin)).status).toBe(200);
    expect((await predict(base)).status).toBe(200);
    expect((await call('none/load', origin)).status).toBe(404);
  });

  it('takes the messages of Triton and of KServe', async () => {
    const folder = new VersionFolder('1');
    const { grpcPort } = await start({ [ENVIRONMENT.model]: folder.path, ...controlled });
    const call = inference(grpcPort);
    const ready = async () => (await call('ModelReady', { name: 'slow' })).ready;
    await call('RepositoryModelUnload', {
      model_name: 'slow',
      parameters: { unload_dependents: { bool_param: true } },
    });
    expect(await ready()).toBe(false);
    expect(await call('RepositoryModelLoad', { model_name: 'slow' })).toEqual({ model_name: 'slow', isLoaded: true });
    expect(await ready()).toBe(true);
    // KServe's request has the name in its first field.
    expect(await call('RepositoryModelUnload', { repository_name: 'slow' })).toEqual({
      model_name: 'slow',
      isUnloaded: true,
    });
    expect(await ready()).toBe(false);
    await expect(call('RepositoryModelLoad', {})).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    await expect(call('RepositoryModelUnload', { model_name: 'slow' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    await expect(
      call('RepositoryModelLoad', { model_name: 'slow', parameters: { config: { string_param: '{}' } } }),
    ).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

describe('a multi-model endpoint of SageMaker', () => {
  it('holds no model until it is told to, and answers with the codes that SageMaker expects', async () => {
    const folder = new VersionFolder('1', '2');
    folder.addBad('3');
    folder.addTooLarge('4');
    const { base } = await start({}, { requestedModels: folder.path });
    const load = (model_name: string, version: string) =>
      post(`${base}/models`, JSON.stringify({ model_name, url: join(folder.path, version) }));
    const invoke = (name: string) => post(`${base}/models/${name}/invoke`, '{"inputs":[1]}', JSON_BODY);
    const remove = (name: string) => fetch(`${base}/models/${name}`, { method: 'DELETE' });

    expect((await fetch(`${base}/ping`)).status).toBe(200);
    expect(await json(fetch(`${base}/models`))).toEqual({ models: [] });
    expect((await load('a1', '1')).status).toBe(200);
    expect((await load('b2', '1')).status).toBe(200);
    expect(await json(fetch(`${base}/models`))).toEqual({
      models: ['a1', 'b2'].map((modelName) => ({ modelName, modelUrl: join(folder.path, '1') })),
    });
    expect((await load('a1', '2')).status).toBe(409);
    expect((await load('c3', '3')).status).toBe(400);
    expect((await load('c3', '4')).status).toBe(507);
    expect((await load('c3', '../../etc')).status).toBe(400);
    expect(await (await invoke('a1')).json()).toEqual({ outputs: [expect.any(Number)] });
    expect((await invoke('c3')).status).toBe(404);
    expect((await fetch(`${base}/models/a1`)).status).toBe(200);
    expect((await remove('a1')).status).toBe(200);
    expect((await remove('a1')).status).toBe(404);
    expect((await fetch(`${base}/models/a1`)).status).toBe(404);
    expect((await invoke('a1')).status).toBe(404);
    expect((await invoke('b2')).status).toBe(200);
    expect((await fetch(`${base}/ping`)).status).toBe(200);
  });

  it('takes requests that are too large for the event loop', async () => {
    const folder = new VersionFolder('1');
    const { base } = await start({}, { requestedModels: folder.path });
    const padded = (body: object) => `${JSON.stringify(body)}${' '.repeat(LARGE_BODY_BYTES)}`;
    const load = () => post(`${base}/models`, padded({ model_name: 'a', url: join(folder.path, '1') }));
    expect((await load()).status).toBe(200);
    expect((await load()).status).toBe(409);
    const answer = await post(`${base}/models/a/invoke`, padded({ inputs: [1] }), JSON_BODY);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ outputs: [expect.any(Number)] });
  });

  it('finishes what is in flight before a model goes', async () => {
    const folder = new VersionFolder();
    // A model with such long runs gets a thread, so that the server accepts requests meanwhile.
    folder.add('1', 20);
    const { base } = await start({}, { requestedModels: folder.path });
    await post(`${base}/models`, JSON.stringify({ model_name: 'a', url: folder.path }));
    const running = Array.from({ length: 8 }, () => post(`${base}/models/a/invoke`, '{"inputs":[50]}', JSON_BODY));
    await until(async () => (await (await fetch(`${base}/metrics`)).text()).includes('modelship_queue_depth 8'));
    expect((await fetch(`${base}/models/a`, { method: 'DELETE' })).status).toBe(200);
    expect((await Promise.all(running)).map((response) => response.status)).toEqual(Array(8).fill(200));
  });
});

describe('a file that names the models', () => {
  it('is followed as far as it can be, and no request fails', async () => {
    const folder = new VersionFolder('1', '2');
    const file = join(mkdtempSync(join(tmpdir(), 'modelship-models-')), 'models.json');
    const write = (content: object | string) =>
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    write({ slow: { location: folder.path, labels: { stable: 1 } } });
    const { base } = await start({ [ENVIRONMENT.models]: file, [ENVIRONMENT.pollSeconds]: '1' });
    expect(await states(base, '/labels/stable')).toEqual(['1 AVAILABLE']);
    const stop = load(base, '/labels/stable');
    write('{ "slow": ');
    write({ slow: { location: folder.path, labels: { stable: 2 } } });
    await until(async () => (await states(base, '/labels/stable'))[0] === '2 AVAILABLE');
    write({ slow: { location: folder.path, labels: { stable: 7 } }, other: folder.path });
    folder.add('3');
    await until(async () => (await post(`${base}/v1/models/other:predict`, '{"inputs":[1]}')).status === 200);
    expect(await states(base)).toContain('3 AVAILABLE');
    expect(await states(base, '/labels/stable')).toEqual(['2 AVAILABLE']);
    write({ slow: { location: folder.path, labels: { stable: 2 } } });
    await until(async () => (await fetch(`${base}/v1/models/other`)).status === 404);
    expect(await stop()).toEqual(new Set([200]));
  });

  it('must be right at the start', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'modelship-models-')), 'models.json');
    await expect(start({ [ENVIRONMENT.models]: file })).rejects.toThrow('models.json cannot be read (ENOENT)');
    writeFileSync(file, '{"slow": {"place": "x"}, "a/b": ""}');
    await expect(start({ [ENVIRONMENT.models]: file })).rejects.toThrow(/model "slow": .*\n.*model "a\/b": /);
  });
});

describe('fault 24: packages of a store that change under load', () => {
  it('are switched without a failed request, and a bad one is not switched to', async () => {
    let served = slowPackage(1, '1');
    const store = createServer((request, response) => {
      createReadStream(join(served, request.url!.split('/').at(-1)!))
        .on('error', () => response.writeHead(404).end())
        .pipe(response);
    }).listen(0, '127.0.0.1');
    stores.push(store);
    await once(store, 'listening');
    const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/slow`;
    const { base } = await start({ ...models(url), [ENVIRONMENT.pollSeconds]: '1' });
    const stop = load(base);
    served = slowPackage(1, '2');
    await until(async () => (await states(base)).join() === '2 AVAILABLE');
    const bad = slowPackage(1, '3');
    writeFileSync(join(bad, 'model.onnx'), Buffer.alloc(669));
    served = bad;
    await until(async () => (await states(base)).join() === '3 END,2 AVAILABLE');
    served = slowPackage(1, '4');
    await until(async () => (await states(base)).join() === '4 AVAILABLE');
    expect(await stop()).toEqual(new Set([200]));
  });
});
