import { join } from 'node:path';
import { credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, expect, it } from 'vitest';
import { ENVIRONMENT, LIVE_PATH } from '../../../runtime/src/contract.js';
import { npzFromTensors } from '../../../runtime/src/tensor/npz.js';
import { describeServers } from '../../support/every-server.js';
import { freePort } from '../../support/free-port.js';
import { IRIS_REQUEST, metric, post } from './servers.js';

const ROW = '5.1,3.5,1.4,0.2';
const ROWS = 80_000;
const CSV = 'text/csv';
const INFERENCES = (code: string) => `modelship_inferences_total{model="iris",version="1",code="${code}"}`;

/** Requests above the size from which a thread decodes them, with the request for the same of one row. */
const FORMS: readonly [string, string, (rows: number) => Promise<string | Buffer>, Record<string, string>][] = [
  ['JSON of TensorFlow Serving', '/v1/models/iris:predict', async (rows) => instances(rows), {}],
  ['JSON of the Open Inference Protocol', '/v2/models/iris/infer', async (rows) => inferRequest(rows), {}],
  ['CSV', '/invocations', async (rows) => `${ROW}\n`.repeat(rows), { 'content-type': CSV, accept: CSV }],
  [
    'npz',
    '/invocations',
    (rows) => npzFromTensors([{ name: 'features', datatype: 'FP32', shape: [rows, 4], data: numbers(rows) }]),
    { 'content-type': 'application/x-npz', accept: 'application/json' },
  ],
];

const values = ROW.split(',').map(Number);
const numbers = (rows: number) => Float32Array.from({ length: rows * 4 }, (_, index) => values[index % 4]!);
const instances = (rows: number) => JSON.stringify({ instances: Array.from({ length: rows }, () => values) });
const inferRequest = (rows: number) =>
  JSON.stringify({
    inputs: [{ name: 'features', datatype: 'FP32', shape: [rows, 4], data: Array.from(numbers(rows)) }],
  });

const PROTO = join(import.meta.dirname, '../../../runtime/proto/open_inference.proto');

/** Rows of a gRPC message that takes some seconds. */
const MANY = 1e6;

interface Outputs {
  readonly outputs: readonly { readonly contents: { readonly fp32_contents: readonly number[] } }[];
}

const clients: { close(): void }[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Connects to the gRPC server. Its `infer` sends the same row many times. */
function iris(port: number) {
  // biome-ignore lint/suspicious/noExplicitAny: messages are as the proto file has them
  const { GRPCInferenceService } = (loadPackageDefinition(loadSync(PROTO, { keepCase: true })) as any).inference;
  const options = { 'grpc.max_receive_message_length': -1 };
  const client = new GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  clients.push(client);
  return {
    infer(rows: number, more: object = {}, model = 'iris'): Promise<Outputs> {
      const contents = { fp32_contents: Array.from(numbers(rows)) };
      const input = { name: 'features', datatype: 'FP32', shape: [rows, 4], contents, ...more };
      return new Promise((resolve, reject) => {
        client.ModelInfer({ model_name: model, inputs: [input] }, (error: Error | null, answer: Outputs) =>
          error ? reject(error) : resolve(answer),
        );
      });
    },
  };
}

describeServers('fault 57: a request too large for the event loop', (start) => {
  it('gets what a small one of the same rows gets, and is counted', async () => {
    const base = await start().url;
    let total = 0;
    for (const [form, path, body, headers] of FORMS) {
      const large = await body(ROWS);
      expect(large.length, form).toBeGreaterThan(2 ** 20);
      const answer = await post(base + path, large, headers);
      expect(answer.status, `${form}: ${answer.status}`).toBe(200);
      const small = await post(base + path, await body(1), headers);
      expect(answer.headers.get('content-type')).toBe(small.headers.get('content-type'));
      total += 2;
      const [many, one] = [await answer.text(), await small.text()];
      // Each row of the answer is the answer to the one row.
      const probability = /0\.99\d+/.exec(one)![0];
      expect(many.split(probability).length - 1, form).toBe(ROWS);
    }
    expect(await metric(base, INFERENCES('OK'))).toBe(total);
  }, 240_000);

  it('is refused in the words of its protocol, and is counted', async () => {
    const base = await start().url;
    const wrong = `{"instances": [[1]], "padding": "${'x'.repeat(2 ** 20)}"`;
    const answer = await post(`${base}/v1/models/iris:predict`, wrong);
    expect(answer.status).toBe(400);
    expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
    expect((await post(`${base}/v1/models/none:predict`, instances(ROWS))).status).toBe(404);
    expect(await metric(base, INFERENCES('INVALID_ARGUMENT'))).toBe(1);
  }, 120_000);

  it('does not keep other callers and probes waiting', async () => {
    const base = await start().url;
    const csv = `${ROW}\n`.repeat(2 ** 20);
    expect(csv.length).toBeGreaterThan(16e6);
    let isOver = false;
    const begin = performance.now();
    const large = post(`${base}/invocations`, csv, { 'content-type': CSV, accept: CSV }).then(async (answer) => {
      const { length } = (await answer.text()).trim().split('\n');
      isOver = true;
      return [answer.status, length];
    });
    let longest = 0;
    while (!isOver) {
      const since = performance.now();
      for (const call of [() => post(`${base}/v1/models/iris:predict`, IRIS_REQUEST), () => fetch(base + LIVE_PATH)]) {
        const answer = await call();
        expect(answer.status).toBe(200);
        await answer.arrayBuffer();
      }
      if (!isOver) longest = Math.max(longest, performance.now() - since);
    }
    expect(await large).toEqual([200, 2 ** 20]);
    // On the event loop, decoding and encoding take most of the time, each at a stretch. A slow machine slows both alike.
    expect(longest).toBeLessThan((performance.now() - begin) / 4);
  }, 240_000);
});

describeServers('fault 57: a gRPC message too large for the event loop', (start) => {
  it('gets what a small one of the same rows gets, and does not keep other callers and probes waiting', async () => {
    const grpcPort = await freePort();
    const base = await start({ [ENVIRONMENT.grpcPort]: `${grpcPort}` }).url;
    const client = iris(grpcPort);
    const one = (await client.infer(1)).outputs[1]!.contents.fp32_contents;
    let isOver = false;
    const begin = performance.now();
    const large = client.infer(MANY).finally(() => {
      isOver = true;
    });
    let longest = 0;
    while (!isOver) {
      const since = performance.now();
      for (const call of [() => post(`${base}/v1/models/iris:predict`, IRIS_REQUEST), () => fetch(base + LIVE_PATH)]) {
        const answer = await call();
        expect(answer.status).toBe(200);
        await answer.arrayBuffer();
      }
      if (!isOver) longest = Math.max(longest, performance.now() - since);
    }
    const all = (await large).outputs[1]!.contents.fp32_contents;
    expect(all).toHaveLength(MANY * one.length);
    expect(all.every((value, index) => value === one[index % one.length])).toBe(true);
    expect(longest).toBeLessThan((performance.now() - begin) / 4);
    expect(await metric(base, INFERENCES('OK'))).toBeGreaterThan(2);
  }, 240_000);

  it('is refused with the status of its fault, and is counted', async () => {
    const grpcPort = await freePort();
    const base = await start({ [ENVIRONMENT.grpcPort]: `${grpcPort}`, [ENVIRONMENT.maxBufferBytes]: `${2 ** 25}` }).url;
    const client = iris(grpcPort);
    await expect(client.infer(ROWS, { shape: [ROWS] })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await metric(base, INFERENCES('INVALID_ARGUMENT'))).toBe(1);
    await expect(client.infer(ROWS, {}, 'none')).rejects.toMatchObject({ code: status.NOT_FOUND });
    await expect(client.infer(2 ** 19)).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
    expect((await client.infer(1)).outputs).toHaveLength(2);
  }, 120_000);
});
