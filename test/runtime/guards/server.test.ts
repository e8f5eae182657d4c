import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { referenceRows } from '../../../lib/cli/reference-rows.js';
import { packModel } from '../../../lib/pack/index.js';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { type Manifest, readManifest, signaturesOf } from '../../../runtime/src/manifest/index.js';
import { Guards } from '../../../runtime/src/models/guards.js';
import { ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import { type RunningServer, startServer } from '../../../runtime/src/start-server.js';
import { callOnce, serviceClient } from '../../support/grpc-client.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-guards-'));
const packed = join(folder, 'iris');
const IRIS = join(import.meta.dirname, '../../../examples/iris/model.onnx');

beforeAll(async () => {
  const rows = join(folder, 'rows.csv');
  writeFileSync(rows, 'a,b,c,d,kind\n4.3,2,1,0.1,0\n7.9,4.4,6.9,2.5,2\n5.1,3.5,1.4,0.2,0\n');
  await packModel({
    source: IRIS,
    name: 'iris',
    out: packed,
    labels: ['setosa', 'versicolor', 'virginica'],
    reference: (signature) => referenceRows(rows, 'kind', signature),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serving<T>(
  variables: Readonly<Record<string, string>>,
  use: (server: RunningServer, url: string) => Promise<T>,
): Promise<T> {
  const config = readConfig({
    [ENVIRONMENT.model]: packed,
    [ENVIRONMENT.port]: '0',
    [ENVIRONMENT.grpcPort]: '0',
    [ENVIRONMENT.logLevel]: 'error',
    ...variables,
  });
  const server = await startServer(config, '127.0.0.1');
  try {
    return await use(server, `http://127.0.0.1:${server.port}`);
  } finally {
    await server.close();
  }
}

const INSIDE = [5.1, 3.5, 1.4, 0.2];
const OUTSIDE = [5.1, 3.5, 1.4, 90];
const FAULT = 'row 1 of input features: features[3] is 90; the reference data of the model has 0.1';

/** Calls of each protocol with rows, and where its error has the message. */
const CALLS: Record<string, [string, (rows: readonly number[][]) => unknown, (answer: never) => unknown]> = {
  'TensorFlow Serving': [
    '/v1/models/iris:predict',
    (instances) => ({ instances }),
    ({ error }: { error: string }) => error,
  ],
  'Open Inference': [
    '/v2/models/iris/infer',
    (rows) => ({ inputs: [{ name: 'features', datatype: 'FP32', shape: [rows.length, 4], data: rows.flat() }] }),
    ({ error }: { error: string }) => error,
  ],
  SageMaker: ['/invocations', (instances) => ({ instances }), ({ error }: { error: string }) => error],
  'Azure ML': ['/score', (instances) => instances, ({ message }: { message: string }) => message],
  TorchServe: ['/predictions/iris', (instances) => ({ instances }), ({ message }: { message: string }) => message],
  explanations: ['/v1/models/iris:explain', (instances) => ({ instances }), ({ error }: { error: string }) => error],
};

async function post(url: string, body: unknown) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe('a guard that refuses', () => {
  it('rejects rows outside the reference data in every protocol, with its error', async () => {
    await serving({ [ENVIRONMENT.inputGuard]: 'refuse' }, async (_, url) => {
      for (const [name, [path, body, messageOf]] of Object.entries(CALLS)) {
        expect((await post(`${url}${path}`, body([INSIDE]))).status, name).toBe(200);
        const { status, text } = await post(`${url}${path}`, body([INSIDE, OUTSIDE]));
        expect(status, `${name}: ${text}`).toBe(400);
        expect(messageOf(JSON.parse(text) as never), name).toContain(FAULT);
      }
    });
  }, 120_000);

  it('rejects them in bodies that a thread decodes', async () => {
    await serving({ [ENVIRONMENT.inputGuard]: 'refuse' }, async (_, url) => {
      const rows = Array.from({ length: 100_000 }, () => INSIDE);
      const large = (last: number[]) => post(`${url}/v1/models/iris:predict`, { instances: [...rows, last] });
      expect((await large(INSIDE)).status).toBe(200);
      const { status, text } = await large(OUTSIDE);
      expect(status).toBe(400);
      expect(text).toContain('row 100000 of input features: features[3] is 90');
    });
  }, 120_000);

  it('rejects them over gRPC', async () => {
    await serving({ [ENVIRONMENT.inputGuard]: 'refuse' }, async ({ grpcPort }) => {
      const client = serviceClient('inference.GRPCInferenceService', grpcPort!);
      const infer = (row: number[]) =>
        callOnce(client, 'ModelInfer', {
          model_name: 'iris',
          inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: row } }],
        });
      await infer(INSIDE);
      await expect(infer(OUTSIDE)).rejects.toMatchObject({ code: 3, details: expect.stringContaining('is 90') });
      client.close();
    });
  }, 120_000);
});

it('a guard that warns serves such rows, and counts their values by column', async () => {
  await serving({ [ENVIRONMENT.inputGuard]: 'warn' }, async (_, url) => {
    const { status } = await post(`${url}/v1/models/iris:predict`, { instances: [OUTSIDE, INSIDE, OUTSIDE] });
    expect(status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics.split('\n').filter((line) => line.startsWith('modelship_outside_values_total'))).toEqual([
      'modelship_outside_values_total{model="iris",version="1",column="features[3]"} 2',
    ]);
  });
}, 120_000);

it('hides decimal places and classes, and refuses explanations, which would show them', async () => {
  const variables = { [ENVIRONMENT.outputDecimals]: '2', [ENVIRONMENT.outputTopK]: '1' };
  await serving(variables, async (_, url) => {
    const { text } = await post(`${url}/v1/models/iris:predict`, { instances: [INSIDE, [6.7, 3, 5.2, 2.3]] });
    const rows = (JSON.parse(text) as { predictions: { label: number; probabilities: number[] }[] }).predictions;
    expect(rows.map(({ label }) => label)).toEqual([0, 2]);
    for (const { label, probabilities } of rows) {
      expect(probabilities.filter((each) => each > 0)).toHaveLength(1);
      expect(probabilities[label]).toBeGreaterThan(0.5);
      expect(String(probabilities[label])).toMatch(/^(1|0\.\d\d?)$/);
    }
    expect((await post(`${url}/v1/models/iris:explain`, { instances: [INSIDE] })).status).toBe(403);
  });
}, 120_000);

it('refuses signatures whose scores have no labels, which would show the hidden classes', async () => {
  const manifest = readManifest(packed);
  const version = { manifest, metrics: new ModelMetrics(), log: () => {} };
  const guards = await Guards.read(packed, { outputTopK: 1 }, version);
  const labelled = signaturesOf(manifest).serving_default!;
  const unlabelled = { ...labelled, outputs: [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 3] }] };
  expect(() => guards.checkSignature('classify', labelled)).not.toThrow();
  expect(() => guards.checkSignature('classify', unlabelled)).toThrow(/its output scores would reveal/);
});

it('warns of an output of the default signature whose scores are not hidden', async () => {
  const manifest = readManifest(packed);
  const warnings: string[] = [];
  const log = (_: string, message: string) => warnings.push(message);
  const read = (outputs: Manifest['outputs']) =>
    Guards.read(packed, { outputTopK: 1 }, { manifest: { ...manifest, outputs }, metrics: new ModelMetrics(), log });
  await read(manifest.outputs);
  expect(warnings).toEqual([]);
  await read([...manifest.outputs, { name: 'logistic', datatype: 'FP32', shape: [-1, 1] }]);
  expect(warnings).toEqual(['the output logistic has no class labels, so callers see all of its scores']);
});

it('a package with reference data gives the drift of requests as metrics', async () => {
  await serving({}, async (_, url) => {
    const send = (rows: number[][]) => post(`${url}/v1/models/iris:predict`, { instances: rows });
    const drift = async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const lines = metrics.split('\n').filter((line) => line.startsWith('modelship_drift'));
      return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
    };
    const rows = Array.from({ length: 25 }, () => OUTSIDE);
    for (let request = 0; request < 7; request++) await send(rows);
    await send(rows.slice(1));
    expect([...(await drift())]).toEqual([['modelship_drift_rows{model="iris",version="1"}', 199]]);
    await send([OUTSIDE]);
    const found = await drift();
    const of = (column: string, measure: string) =>
      found.get(`modelship_drift{model="iris",version="1",column="${column}",measure="${measure}"}`);
    expect(of('features[3]', 'ks')).toBe(1);
    expect(of('features[3]', 'wasserstein')).toBeGreaterThan(50);
    expect(of('features[0]', 'ks')).toBeLessThan(0.7);
    expect(of('features[0]', 'missing')).toBe(0);
  });
}, 120_000);

it('a classifier whose reference data has labels estimates its accuracy', async () => {
  const labelled = join(folder, 'labelled');
  const data = join(folder, 'labelled.csv');
  // One of ten labels is another one.
  const kinds = [INSIDE, [6.1, 2.8, 4, 1.3], [6.7, 3, 5.2, 2.3]];
  const lines = Array.from({ length: 300 }, (_, row) => [...kinds[row % 3]!, (row + Number(row % 10 === 0)) % 3]);
  writeFileSync(data, ['a,b,c,d,kind', ...lines].join('\n'));
  const notes: string[] = [];
  const pack = (labels?: string[]) =>
    packModel({
      source: IRIS,
      name: 'iris',
      out: labelled,
      force: true,
      ...(labels && { labels }),
      reference: (signature) => referenceRows(data, 'kind', signature),
      onNote: (note) => notes.push(note),
    });
  const estimates = () =>
    serving({ [ENVIRONMENT.model]: labelled }, async (_, url) => {
      for (let request = 0; request < 100; request++) await post(`${url}/v1/models/iris:predict`, { instances: kinds });
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const values = metrics.matchAll(
        /^modelship_(\w+_performance\w*)\{model="iris",version="1"(?:,measure="(\w+)")?\} (\S+)/gm,
      );
      return Object.fromEntries(
        [...values].map(([, name, measure, value]) => [`${name} ${measure ?? ''}`, Number(value)]),
      );
    });
  await pack();
  expect(await estimates()).toEqual({});
  await pack(['setosa', 'versicolor', 'virginica']);
  const found = await estimates();
  expect(found).toMatchObject({ 'reference_performance accuracy': 0.9, 'estimated_performance_coverage ': 1 });
  expect(found['estimated_performance accuracy']).toBeCloseTo(0.9);
  expect(found['estimated_performance f1_macro']).toBeCloseTo(found['reference_performance f1_macro']!);
  expect(found['estimated_performance_error ']).toBeLessThan(0.03);
  writeFileSync(data, ['a,b,c,d,kind', ...lines.slice(0, 199)].join('\n'));
  await pack(['setosa', 'versicolor', 'virginica']);
  expect(notes.at(-1)).toMatch(/do not estimate the accuracy: 199 rows of the reference data have a label/);
  writeFileSync(data, 'a,b,c,d,kind\n5.1,3.5,1.4,0.2,blue\n');
  await expect(pack(['setosa', 'versicolor', 'virginica'])).rejects.toMatchObject({
    code: 'REFERENCE_INVALID',
    message: expect.stringContaining('has the label "blue", which is not a class of the model: setosa'),
  });
}, 120_000);

it('logs the largest drift and the loss of accuracy each minute, while requests come', async () => {
  const lines: [string, string, unknown][] = [];
  const log = (level: string, message: string, fields?: unknown) => lines.push([level, message, fields]);
  vi.useFakeTimers({ toFake: ['Date'] });
  const manifest = readManifest(packed);
  const guards = await Guards.read(packed, {}, { manifest, metrics: new ModelMetrics(), log });
  const features = (rows: number[][]) => [
    { name: 'features', datatype: 'FP32' as const, shape: [rows.length, 4], data: Float32Array.from(rows.flat()) },
  ];
  const send = () => guards.check(features(Array.from({ length: 20 }, () => OUTSIDE)));
  for (let request = 0; request < 9; request++) send();
  vi.setSystemTime(Date.now() + 60_000);
  send();
  expect(lines).toEqual([['info', 'drift', { rows: 200, column: 'features[3]', drift: expect.any(Number) }]]);
  send();
  expect(lines).toHaveLength(1);
  vi.setSystemTime(Date.now() + 60_000);
  send();
  expect(lines).toHaveLength(2);
  vi.useRealTimers();
}, 120_000);

it('needs reference data in the package', async () => {
  const config = readConfig({
    [ENVIRONMENT.model]: join(import.meta.dirname, '../../../examples/iris/model'),
    [ENVIRONMENT.inputGuard]: 'warn',
    [ENVIRONMENT.port]: '0',
  });
  await expect(startServer(config, '127.0.0.1')).rejects.toMatchObject({ code: 'REFERENCE_MISSING' });
}, 120_000);
