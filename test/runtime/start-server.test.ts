import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../runtime/src/config.js';
import { ENVIRONMENT } from '../../runtime/src/contract.js';
import { type RunningServer, startServer } from '../../runtime/src/start-server.js';

const ROOT = join(import.meta.dirname, '../..');
const IRIS = join(ROOT, 'examples/iris/model');

let server: RunningServer | undefined;
afterEach(() => server?.close());

async function start(environment: Record<string, string> = {}): Promise<RunningServer> {
  const config = readConfig({
    [ENVIRONMENT.model]: IRIS,
    [ENVIRONMENT.port]: '0',
    [ENVIRONMENT.logLevel]: 'error',
    ...environment,
  });
  server = await startServer(config, '127.0.0.1', {});
  return server;
}

/** Calls a method of the Open Inference Protocol by a real client. */
async function call(port: number, method: string, request: object, metadata = new Metadata()) {
  const loaded = loadSync(join(ROOT, 'runtime/proto/open_inference.proto'), { keepCase: true, longs: String });
  // biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
  const { GRPCInferenceService } = (loadPackageDefinition(loaded) as any).inference;
  const client = new GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure());
  try {
    // biome-ignore lint/suspicious/noExplicitAny: see above
    return await new Promise<any>((resolve, reject) => {
      client[method](request, metadata, (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer)));
    });
  } finally {
    client.close();
  }
}

const ask = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
const jwt = { [ENVIRONMENT.jwtIssuer]: 'https://issuer.example', [ENVIRONMENT.jwtAudience]: 'models' };

describe('a server', () => {
  it('answers gRPC where a port is named, by the same model', async () => {
    const { port, grpcPort } = await start({ [ENVIRONMENT.grpcPort]: '0' });
    const inputs = [{ name: 'features', shape: [1, 4], datatype: 'FP32' }];
    const row = [5.1, 3.5, 1.4, 0.2];
    const { inputs: known } = (await ask(port, '/v2/models/iris')) as { inputs: { name: string }[] };
    const name = known[0]!.name;
    const answer = await call(grpcPort!, 'ModelInfer', {
      model_name: 'iris',
      inputs: [{ ...inputs[0], name, contents: { fp32_contents: row } }],
    });
    const response = await fetch(`http://127.0.0.1:${port}/v2/models/iris/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ ...inputs[0], name, data: row }] }),
    });
    const { outputs } = (await response.json()) as { outputs: { name: string; data: number[] }[] };
    const probabilities = outputs.find(({ data }) => data.length === 3)!;
    const raw = answer.outputs.find((output: { name: string }) => output.name === probabilities.name);
    expect(raw.contents.fp32_contents.map(Math.fround)).toEqual(probabilities.data.map(Math.fround));
  });

  it('tells metrics on a port of their own without a credential, and nothing else there', async () => {
    const { port, metricsPort } = await start({ [ENVIRONMENT.metricsPort]: '0', ...jwt });
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401);
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toContain('modelship_requests_total{api="http",status="401"} 1');
    for (const path of ['/v1/models/iris', '/v2/health/live', '/']) {
      expect((await fetch(`http://127.0.0.1:${metricsPort}${path}`)).status).toBe(404);
    }
    expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('has no port for metrics where none is named, and does not start where it is taken', async () => {
    const { port, metricsPort } = await start();
    expect(metricsPort).toBeUndefined();
    await expect(start({ [ENVIRONMENT.metricsPort]: String(port) })).rejects.toThrow(/EADDRINUSE/);
  });

  it('has no gRPC where no port is named', async () => {
    expect((await start()).grpcPort).toBeUndefined();
  });

  it('asks callers of gRPC for the same token as those of HTTP', async () => {
    const { grpcPort } = await start({ [ENVIRONMENT.grpcPort]: '0', ...jwt });
    await expect(call(grpcPort!, 'ModelInfer', { model_name: 'iris' })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    await expect(call(grpcPort!, 'ModelMetadata', { name: 'iris' })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    expect(await call(grpcPort!, 'ServerReady', {})).toMatchObject({ ready: true });
  });

  it('takes the same keys by gRPC as by HTTP, and counts the requests of a caller together', async () => {
    const key = 'a-long-random-key';
    const { port, grpcPort } = await start({
      [ENVIRONMENT.grpcPort]: '0',
      [ENVIRONMENT.apiKeyHashes]: createHash('sha256').update(key).digest('hex'),
      [ENVIRONMENT.requestsPerSecond]: '1',
    });
    const metadata = new Metadata();
    const ask = () => call(grpcPort!, 'ModelMetadata', { name: 'iris' }, metadata);
    await expect(ask()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    metadata.set('x-api-key', key);
    const answers = await Promise.allSettled([ask(), ask(), ask()]);
    const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : status.OK));
    expect(codes).toEqual(expect.arrayContaining([status.OK, status.RESOURCE_EXHAUSTED]));
    const headers = { 'x-api-key': key };
    expect((await fetch(`http://127.0.0.1:${port}/v2/models/iris`, { headers })).status).toBe(429);
  });

  it('describes itself where TorchServe does', async () => {
    const { port } = await start();
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'OPTIONS' });
    expect(await response.json()).toEqual(await ask(port, '/openapi.json'));
  });

  it('gives up a start that takes longer than it may', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      await expect(
        start({ [ENVIRONMENT.model]: `http://127.0.0.1:${port}/iris/`, [ENVIRONMENT.startSeconds]: '1' }),
      ).rejects.toThrow('the models did not load within 1 s; raise MODELSHIP_START_SECONDS');
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });

  it('fails plainly when the port of gRPC is taken', async () => {
    const { port } = await start();
    await expect(start({ [ENVIRONMENT.grpcPort]: String(port) })).rejects.toThrow(/address already in use|No address/i);
  });

  it('answers questions about models as KServe does where that is asked for', async () => {
    const { port } = await start({ [ENVIRONMENT.kserveStatus]: 'true' });
    expect(await ask(port, '/v1/models/iris')).toEqual({ name: 'iris', ready: true });
    expect(() => readConfig({ [ENVIRONMENT.kserveStatus]: 'yes' })).toThrow(/MODELSHIP_KSERVE_STATUS: got "yes"/);
  });
});
