import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, loadPackageDefinition, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT, METRICS_PATH, READY_PATH } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { freePort } from '../../support/free-port.js';
import { node } from '../../support/nodes.js';
import { writePackage } from '../../support/packages.js';
import { ALL } from '../../support/share.js';
import { bundleOn, IRIS, IRIS_REQUEST, metric, post, spawnServer, stopAll, until } from '../faults/servers.js';
import { Client, childrenOf, everyProcess, replaced, THREE } from './several.js';

const PREDICT = '/v1/models/iris:predict';
const PROTO = join(import.meta.dirname, '../../../runtime/proto/open_inference.proto');

const start = (variables: Readonly<Record<string, string>> = {}) =>
  spawnServer({ [ENVIRONMENT.model]: IRIS, ...THREE, ...variables }, bundleOn(node(24).path));

const count = (outcomes: readonly { readonly outcome: string }[]) => {
  const found: Record<string, number> = {};
  for (const { outcome } of outcomes) found[outcome] = (found[outcome] ?? 0) + 1;
  return found;
};

describeServers('fault 50: a process of several is killed under load', (startOne) => {
  it('costs its own requests only, and is replaced', async () => {
    const server = startOne(THREE);
    const base = await everyProcess(server);
    const before = childrenOf(server);
    expect(before).toHaveLength(3);
    const clients = Array.from({ length: 12 }, () => new Client(base, 1));
    let isOver = false;
    const outcomes = clients.map(async (client) => {
      const own: string[] = [];
      while (!isOver) own.push((await client.post(PREDICT, IRIS_REQUEST)).outcome);
      return own;
    });
    await until(async () => (await metric(base, 'modelship_requests_total{api="http",status="200"}')) > 300);
    process.kill(before[1]!, 'SIGKILL');
    const others = () => childrenOf(server).filter((pid) => !before.includes(pid));
    await until(async () => others().length === 1);
    // Those that are alive answer for all: a probe that failed now would take the replica out of service.
    expect((await fetch(base + READY_PATH)).status).toBe(200);
    await replaced(server);
    isOver = true;
    const all = await Promise.all(outcomes);
    for (const client of clients) client.close();
    const failed = all.map((own) => own.filter((outcome) => outcome !== '200'));
    expect(new Set(failed.flat())).toEqual(new Set(['ECONNRESET']));
    // Each connection has one request under way, and the process had some of the connections only.
    expect(failed.every((own) => own.length <= 1)).toBe(true);
    expect(failed.flat().length).toBeLessThan(12);
    expect(childrenOf(server)).toHaveLength(3);
  }, 120_000);
});

describeServers('fault 51: SIGTERM with several processes', (startOne) => {
  it('ends them together, and loses no request of clients whose connections are kept alive', async () => {
    const server = startOne(THREE);
    const base = await everyProcess(server);
    const client = new Client(base, 32);
    const outcomes: { readonly outcome: string }[] = [];
    const load = Array.from({ length: 32 }, async () => {
      for (;;) {
        const answer = await client.post(PREDICT, IRIS_REQUEST);
        outcomes.push(answer);
        if (answer.outcome === 'ECONNREFUSED') return;
      }
    });
    await until(async () => outcomes.length > 500);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    await Promise.all(load);
    client.close();
    expect(Object.keys(count(outcomes)).sort()).toEqual(['200', '503', 'ECONNREFUSED']);
  }, 120_000);
});

describe('fault 60: a process of several hangs', () => {
  afterEach(stopAll);

  it('is killed and replaced, and delays changes of the models until then only', async () => {
    const server = start({ [ENVIRONMENT.modelControl]: 'true' });
    const base = await everyProcess(server);
    const [victim] = childrenOf(server);
    process.kill(victim!, 'SIGSTOP');
    const clients = Array.from({ length: 4 }, () => new Client(base, 1));
    const outcomes = clients.map(async (client) => ({ client, ...(await client.post(PREDICT, IRIS_REQUEST)) }));
    const { client: lively } = await Promise.race(outcomes);
    // Changes are made in this process first, so its end fails the first change. The next one reaches every process.
    expect((await lively.post('/v2/repository/models/iris/unload', '{}')).outcome).toBe('503');
    expect((await lively.post('/v2/repository/models/iris/unload', '{}')).outcome).toBe('200');
    expect(count(await Promise.all(outcomes))).toEqual({ 200: 4 });
    await until(async () => server.log().split('"message":"every process serves"').length === 3);
    expect(childrenOf(server)).toHaveLength(3);
    expect(childrenOf(server)).not.toContain(victim);
    expect(server.log()).toContain('does not respond and is killed');
    for (const client of clients) client.close();
    const fresh = Array.from({ length: 6 }, () => new Client(base, 1));
    expect(count(await Promise.all(fresh.map((client) => client.post(PREDICT, IRIS_REQUEST))))).toEqual({ 404: 6 });
    for (const client of fresh) client.close();
  }, 120_000);
});

describe('a server of several processes', () => {
  afterEach(stopAll);

  it('sums its metrics, and never counts down when a process dies', async () => {
    const metricsPort = await freePort();
    const server = start({ [ENVIRONMENT.metricsPort]: `${metricsPort}` });
    const base = await everyProcess(server);
    const client = new Client(base, 30);
    await Promise.all(Array.from({ length: 300 }, () => client.post(PREDICT, IRIS_REQUEST)));
    const ok = (at: string) => metric(at, 'modelship_inferences_total{model="iris",version="1",code="OK"}');
    const counts = await Promise.all(Array.from({ length: 6 }, () => ok(base)));
    expect(new Set(counts)).toEqual(new Set([300]));
    expect(await ok(`http://127.0.0.1:${metricsPort}`)).toBe(300);
    const { model_stats: models } = (await (await fetch(`${base}/v2/models/iris/stats`)).json()) as {
      model_stats: { inference_count: number }[];
    };
    expect(models[0]!.inference_count).toBe(300);
    process.kill(childrenOf(server)[0]!, 'SIGKILL');
    await replaced(server);
    expect(await ok(base)).toBe(300);
    const text = await (await fetch(base + METRICS_PATH)).text();
    expect(text.match(/^modelship_queue_depth /gm)).toHaveLength(1);
    client.close();
  }, 120_000);

  it('loads and unloads models in every process, those that start later included', async () => {
    const server = start({ [ENVIRONMENT.modelControl]: 'true' });
    const base = await everyProcess(server);
    const statuses = async () => {
      const clients = Array.from({ length: 6 }, () => new Client(base, 1));
      const answers = await Promise.all(clients.map((client) => client.post(PREDICT, IRIS_REQUEST)));
      for (const client of clients) client.close();
      return Object.keys(count(answers));
    };
    expect((await post(`${base}/v2/repository/models/iris/unload`, '{}')).status).toBe(200);
    expect(await statuses()).toEqual(['404']);
    process.kill(childrenOf(server)[0]!, 'SIGKILL');
    await replaced(server);
    expect(await statuses()).toEqual(['404']);
    expect((await post(`${base}/v2/repository/models/iris/load`, '{}')).status).toBe(200);
    expect(await statuses()).toEqual(['200']);
    expect((await post(`${base}/v2/repository/models/none/load`, '{}')).status).toBe(404);
  }, 120_000);

  it('counts a process that dies during a scrape once', async () => {
    const server = start();
    const base = await everyProcess(server);
    const client = new Client(base, 30);
    await Promise.all(Array.from({ length: 300 }, () => client.post(PREDICT, IRIS_REQUEST)));
    const ok = () => metric(base, 'modelship_inferences_total{model="iris",version="1",code="OK"}');
    expect(await ok()).toBe(300);
    const victim = childrenOf(server)[0]!;
    process.kill(victim, 'SIGSTOP');
    // The process that is stopped takes at most one of the connections. The others wait for its metrics.
    const scrapes = Array.from({ length: 4 }, ok);
    await sleep(300);
    process.kill(victim, 'SIGKILL');
    const counts = (await Promise.allSettled(scrapes)).flatMap((each) =>
      each.status === 'fulfilled' ? each.value : [],
    );
    expect(counts.length).toBeGreaterThanOrEqual(3);
    expect(new Set(counts)).toEqual(new Set([300]));
    client.close();
  }, 60_000);

  it('hands connections that a process never took to another', async () => {
    const server = start();
    const base = await everyProcess(server);
    const descriptors = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
    const before = descriptors();
    const victim = childrenOf(server)[0]!;
    process.kill(victim, 'SIGSTOP');
    const clients = Array.from({ length: 4 }, () => new Client(base, 1));
    const outcomes = clients.map((client) => client.post(PREDICT, IRIS_REQUEST));
    await Promise.race(outcomes);
    await sleep(300);
    process.kill(victim, 'SIGKILL');
    expect(count(await Promise.all(outcomes))).toEqual({ 200: 4 });
    for (const client of clients) client.close();
    await replaced(server);
    expect(descriptors()).toBe(before);
  }, 60_000);

  it('has the same models in every process after a change that failed in part', async () => {
    const root = mkdtempSync(join(tmpdir(), 'modelship-processes-'));
    cpSync(IRIS, join(root, 'one'), { recursive: true });
    const server = start({ [ENVIRONMENT.model]: root, [ENVIRONMENT.modelControl]: 'true' });
    const base = await everyProcess(server);
    expect((await post(`${base}/v2/repository/models/iris/unload`, '{}')).status).toBe(200);
    // A newer version that cannot be loaded: the version before it serves instead.
    writePackage({ version: '2' }, join(root, 'two'));
    expect((await post(`${base}/v2/repository/models/iris/load`, '{}')).status).toBe(400);
    const clients = Array.from({ length: 6 }, () => new Client(base, 1));
    const outcomes = () => Promise.all(clients.map((client) => client.post(PREDICT, IRIS_REQUEST)));
    expect(count(await outcomes())).toEqual({ 200: 6 });
    for (const client of clients) client.close();
    process.kill(childrenOf(server)[0]!, 'SIGKILL');
    await replaced(server);
    const fresh = Array.from({ length: 6 }, () => new Client(base, 1));
    expect(count(await Promise.all(fresh.map((client) => client.post(PREDICT, IRIS_REQUEST))))).toEqual({ 200: 6 });
    for (const client of fresh) client.close();
  }, 60_000);

  it('gives each caller one quota, over HTTP and gRPC', async () => {
    const grpcPort = await freePort();
    const server = start({
      [ENVIRONMENT.grpcPort]: `${grpcPort}`,
      [ENVIRONMENT.requestsPerSecond]: '5',
      [ENVIRONMENT.apiKeyHashes]: createHash('sha256').update('secret').digest('hex'),
    });
    const base = await everyProcess(server);
    const client = new Client(base, 30);
    const since = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => client.post(PREDICT, IRIS_REQUEST, { 'x-api-key': 'secret' })),
    );
    const allowed = 5 + Math.ceil(((performance.now() - since) / 1000) * 5);
    const { 200: served = 0, 429: rejected = 0 } = count(answers);
    expect(served).toBeGreaterThanOrEqual(5);
    expect(served).toBeLessThanOrEqual(allowed);
    expect(served + rejected).toBe(30);
    client.close();
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => infer(grpcPort, 'secret')));
    expect(outcomes.filter((code) => code === status.RESOURCE_EXHAUSTED).length).toBeGreaterThan(10);
  }, 120_000);

  it('fails its start as one process does where the model cannot be loaded', async () => {
    const server = start({ [ENVIRONMENT.model]: '/nowhere' });
    expect(await server.exit).toBe(1);
    expect(server.log()).toContain('no model package at /nowhere');
  }, 60_000);

  it('answers 10,000 mixed requests as one process does', async () => {
    const server = start();
    const base = await everyProcess(server);
    const client = new Client(base, 48);
    const rows = Array.from({ length: 97 }, (_, index) => [index % 7, 3.5 - (index % 3), index % 5, 0.2 * (index % 9)]);
    const forms = [
      (row: number[]) => [PREDICT, JSON.stringify({ instances: [row] }), {}] as const,
      (row: number[]) =>
        [
          '/v2/models/iris/infer',
          JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: row }] }),
          {},
        ] as const,
      (row: number[]) => ['/invocations', `${row.join(',')}\n`, { 'content-type': 'text/csv' }] as const,
      () => [PREDICT, '{"instances": [[1]]}', {}] as const,
    ];
    const ask = async (index: number) => {
      const [path, body, headers] = forms[index % forms.length]!(rows[index % rows.length]!);
      const { outcome, text } = await client.post(path, body, headers);
      return `${outcome} ${text}`;
    };
    const kinds = forms.length * rows.length;
    const expected: string[] = [];
    for (let index = 0; index < kinds; index++) expected.push(await ask(index));
    expect(new Set(expected.map((each) => each.slice(0, 3)))).toEqual(new Set(['200', '400']));
    let next = 0;
    const wrong: string[] = [];
    const work = async () => {
      while (next < TOTAL) {
        const index = next++;
        const answer = await ask(index);
        if (answer !== expected[index % kinds]) wrong.push(`${answer} instead of ${expected[index % kinds]}`);
      }
    };
    await Promise.all(Array.from({ length: 48 }, work));
    client.close();
    expect(wrong).toEqual([]);
  }, 600_000);
});

/** Requests of the mixed load; `npm run test:all` sends all of them. */
const TOTAL = ALL ? 100_000 : 10_000;

/** Calls `ModelInfer` of iris. @returns the status */
async function infer(port: number, key: string): Promise<number> {
  // biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
  const { GRPCInferenceService } = (loadPackageDefinition(loadSync(PROTO, { keepCase: true })) as any).inference;
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  const client = new GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const metadata = new Metadata();
  metadata.set('x-api-key', key);
  const input = {
    name: 'features',
    datatype: 'FP32',
    shape: [1, 4],
    contents: { fp32_contents: [5.1, 3.5, 1.4, 0.2] },
  };
  const code = await new Promise<number>((resolve) => {
    client.ModelInfer({ model_name: 'iris', inputs: [input] }, metadata, (error: ServiceError | null) =>
      resolve(error?.code ?? status.OK),
    );
  });
  client.close();
  return code;
}
