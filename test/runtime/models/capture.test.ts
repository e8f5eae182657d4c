import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { Redaction } from '../../../runtime/src/manifest/redaction.js';
import { Capture } from '../../../runtime/src/models/capture.js';
import { type CaptureResult, ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import { startServer } from '../../../runtime/src/start-server.js';
import { openStore } from '../../../runtime/src/store/open-store.js';
import type { Signature, Tensor } from '../../../runtime/src/tensor/tensor.js';
import { AZURE_STORAGE_URL, AzureStorage } from '../../support/azure-storage.js';
import { GoogleStorage } from '../../support/google-storage.js';
import { Moto } from '../../support/moto.js';

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');

/** Value of a column that is redacted. It has the same digits as a 32-bit float. */
const SECRET = 4321.125;

describe.each([
  ['Amazon S3', 's3://captured/a%20b/'],
  ['Google Cloud Storage', 'gs://captured/a%20b/'],
  ['Azure Blob Storage', `${AZURE_STORAGE_URL}/captured/a%20b/`],
])('requests captured in %s', (_, url) => {
  let moto: Moto;
  let google: GoogleStorage;
  let azure: AzureStorage;

  beforeAll(async () => {
    if (url.startsWith('s3')) {
      moto = await Moto.start();
      for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
      await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'captured' }));
    } else if (url.startsWith('gs')) {
      google = await GoogleStorage.start();
      for (const [name, value] of Object.entries(google.env)) vi.stubEnv(name, value);
    } else {
      azure = await AzureStorage.start('captured');
    }
  }, 120_000);
  afterAll(async () => {
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    google?.stop();
    await azure?.stop();
    await moto?.stop();
  });

  test('arrive with their responses, without the columns that are redacted, which no log and metric has', async () => {
    const logged: string[] = [];
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
    const config = readConfig({
      [ENVIRONMENT.model]: IRIS,
      [ENVIRONMENT.port]: '0',
      [ENVIRONMENT.logLevel]: 'debug',
      [ENVIRONMENT.captureUrl]: url,
      [ENVIRONMENT.captureRedact]: 'features[2], label',
    });
    const server = await startServer(config, '127.0.0.1');
    const base = `http://127.0.0.1:${server.port}`;
    const instances = [
      [5.5, 3.5, SECRET, 0.25],
      [6.5, 3, SECRET, 2.25],
    ];
    const answer = await fetch(`${base}/v1/models/iris:predict`, {
      method: 'POST',
      body: JSON.stringify({ instances }),
    });
    const { predictions } = (await answer.json()) as { predictions: { probabilities: number[] }[] };
    const metrics = await (await fetch(`${base}/metrics`)).text();
    await server.close();
    stderr.mockRestore();

    const store = await openStore(url);
    const names = await store.list!(new URL(url));
    expect(names).toEqual([expect.stringMatching(/^iris\/1\/\d{4}\/\d\d\/\d\d\/\d{6}-[\w-]{36}\.jsonl\.gz$/)]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await store.open(new URL(names[0]!, url)).read(0, 100_000)).chunks) chunks.push(chunk);
    const text = gunzipSync(Buffer.concat(chunks)).toString();
    expect(JSON.parse(text)).toEqual({
      time: expect.any(String),
      model: 'iris',
      version: '1',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [2, 4], data: [5.5, 3.5, null, 0.25, 6.5, 3, null, 2.25] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [2], data: [null, null] },
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 3],
          data: predictions.flatMap(({ probabilities }) => probabilities.map((each) => expect.closeTo(each, 5))),
        },
      ],
    });
    expect(logged.length).toBeGreaterThan(0);
    for (const place of [text, logged.join(''), metrics]) expect(place).not.toContain(`${SECRET}`);
  }, 120_000);
});

const SIGNATURE: Signature = {
  inputs: [
    { name: 'rows', datatype: 'FP32', shape: [-1, 2], labels: ['age', 'income'] },
    { name: 'note', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
};

const score = (value: number): Tensor => ({
  name: 'score',
  datatype: 'FP64',
  shape: [1],
  data: Float64Array.of(value),
});
const rows = (count: number): Tensor => ({
  name: 'rows',
  datatype: 'FP32',
  shape: [count, 2],
  data: new Float32Array(2 * count),
});

function captured(write: (body: Buffer) => Promise<void>, redact: string[] = []) {
  const counted = new Map<CaptureResult, number>();
  const logged: string[] = [];
  const capture = new Capture(
    { url: 'https://account.blob.core.windows.net/c/?sig=SECRET', percent: 100, redact },
    {
      name: 'm',
      version: '1',
      redaction: new Redaction('m', SIGNATURE, redact),
      count: (result, requests) => counted.set(result, (counted.get(result) ?? 0) + requests),
      log: (_level, message) => logged.push(message),
    },
    (_url, body) => write(body),
  );
  return { capture, counted, logged };
}

describe('capture', () => {
  test('encodes every datatype, and redacts labelled columns and whole inputs', async () => {
    const bodies: Buffer[] = [];
    const { capture } = captured(async (body) => void bodies.push(body), ['income', 'note']);
    const note: Tensor = { name: 'note', datatype: 'BYTES', shape: [1], data: [Buffer.from('secret')] };
    capture.add([{ ...rows(1), data: Float32Array.of(40, 9) }, note], [score(Number.NaN)]);
    const other = captured(async (body) => void bodies.push(body));
    const picture = { ...note, data: [Buffer.from([0xff, 0xd8])] };
    const big: Tensor = { name: 'n', datatype: 'INT64', shape: [2], data: BigInt64Array.of(7n, 2n ** 60n) };
    other.capture.add([{ ...picture }], [score(0.5)]);
    await capture.close();
    await other.capture.close();
    const [first, second] = bodies.map((body) => JSON.parse(gunzipSync(body).toString()));
    const data = (tensors: { data: unknown }[]) => tensors.map((tensor) => tensor.data);
    expect([data(first.inputs), data(first.outputs)]).toEqual([[[40, null], [null]], [[null]]]);
    expect([data(second.inputs), data(second.outputs)]).toEqual([[[{ b64: '/9g=' }]], [[0.5]]]);
    // A tensor that the signature does not have is never shown.
    other.capture.add([big], []);
    await other.capture.close();
    expect(JSON.parse(gunzipSync(bodies[2]!).toString()).inputs[0].data).toEqual([null, null]);
  });

  test('drops what the store does not take in time and what is too large, and counts it', async () => {
    let release = () => {};
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { capture, counted } = captured(() => stuck);
    capture.add([rows(5001)], []);
    expect(counted).toEqual(new Map([['dropped', 1]]));
    // 4,000 values take some 8 KB.
    for (let request = 0; request < 2000; request++) capture.add([rows(2000)], []);
    const dropped = counted.get('dropped')!;
    expect(dropped).toBeGreaterThan(500);
    release();
    await capture.close();
    expect(counted).toEqual(
      new Map<CaptureResult, number>([
        ['dropped', dropped],
        ['written', 2001 - dropped],
      ]),
    );
    capture.add([rows(1)], []);
    await capture.close();
    expect(counted.get('written')).toBe(2002 - dropped);
  });

  test('loses requests that cannot be written, without the signature of the URL in the log', async () => {
    const { capture, counted, logged } = captured(() => Promise.reject(new Error('403')));
    capture.add([rows(1)], [score(1)]);
    await capture.close();
    expect(counted).toEqual(new Map([['failed', 1]]));
    expect(logged).toEqual(['1 captured requests are lost: 403']);
  });

  test('draws a share of the requests', () => {
    const { capture } = captured(async () => {});
    expect(capture.drawn()).toBe(true);
    const none = new Capture(
      { url: 'gs://b/', percent: 0.01, redact: [] },
      { name: 'm', version: '1', redaction: new Redaction('m', SIGNATURE, []), count: () => {}, log: () => {} },
    );
    const random = vi.spyOn(Math, 'random').mockReturnValueOnce(0.00009).mockReturnValueOnce(0.00011);
    expect([none.drawn(), none.drawn()]).toEqual([true, false]);
    random.mockRestore();
  });

  test('rejects columns that do not exist, because they would be captured', () => {
    expect(() => new Redaction('m', SIGNATURE, ['incone', 'age'])).toThrow(
      expect.objectContaining({ code: 'COLUMN_UNKNOWN', message: expect.stringContaining('incone to redact') }),
    );
  });

  test('counts add up between processes', () => {
    const parts = [1, 2].map((count) => {
      const metrics = new ModelMetrics();
      metrics.countCaptured('written', count);
      return metrics;
    });
    expect(ModelMetrics.merged(parts).captured).toEqual(new Map([['written', 3]]));
  });

  test.each([
    [{ [ENVIRONMENT.captureUrl]: 's3://bucket' }, /got "s3:\/\/bucket"; a URL of a folder/],
    [{ [ENVIRONMENT.captureUrl]: 'https://a.blob.core.windows.net/c?sig=SECRET' }, /^(?!.*SECRET)/],
    [{ [ENVIRONMENT.captureUrl]: 'gs://b/', [ENVIRONMENT.capturePercent]: '0' }, /a number from 0\.01 to 100/],
    [{ [ENVIRONMENT.captureRedact]: 'age' }, /has no effect without MODELSHIP_CAPTURE_URL/],
  ])('settings %j are a fault', (variables, message) => {
    expect(() => readConfig(variables as Record<string, string>)).toThrow(message);
  });
});
