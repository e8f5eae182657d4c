import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../../runtime/src/contract.js';
import type { LoadedModel } from '../../../../runtime/src/engines/index.js';
import { type ImageTask, readManifest } from '../../../../runtime/src/manifest/index.js';
import { startServer } from '../../../../runtime/src/start-server.js';
import type { FoundObject } from '../../../../runtime/src/tasks/images/detection.js';
import type { Segment } from '../../../../runtime/src/tasks/images/segmentation.js';
import { loadModel } from '../../../../runtime/src/tasks/load-model.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { modelship, ROOT } from '../../../lib/cli/support.js';
import { freePort } from '../../../support/free-port.js';
import { callOnce, serviceClient } from '../../../support/grpc-client.js';
import { serve, stopAll } from '../../faults/servers.js';
import { entry } from '../../models/model-folders.js';
import { imagePackage, LABELS, type ModelKind } from './image-package.js';

interface Cases {
  readonly photos: readonly string[];
  readonly classification: readonly (readonly { label: string; score: number }[])[];
  readonly features: readonly (readonly number[])[];
  readonly detection: readonly (readonly FoundObject[])[];
  readonly segmentation: readonly (readonly { label: string; mask: string }[])[];
}

const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** What picture_clients.py prints: a list for each picture. */
interface ClientAnswers {
  readonly classes: readonly (readonly [label: string, score: number][])[];
  readonly best: ClientAnswers['classes'];
  readonly objects: Cases['detection'];
  readonly certain: Cases['detection'];
  readonly segments: Cases['segmentation'];
}

/** Compares objects with those of a pipeline: the same in the order of their scores, boxes within a pixel. */
async function expectObjects(found: readonly FoundObject[], wanted: readonly FoundObject[], photo: Buffer) {
  const best = wanted.toSorted((left, right) => right.score - left.score);
  expect(found.map(({ label }) => label)).toEqual(best.map(({ label }) => label));
  const { width, height } = await sharp(photo).metadata();
  for (const [rank, { score, box }] of best.entries()) {
    const got = found[rank]!;
    expect(got.score).toBeCloseTo(score, 4);
    for (const side of ['xmin', 'ymin', 'xmax', 'ymax'] as const) {
      // The pipeline also reports positions outside the picture.
      const inside = Math.min(Math.max(box[side], 0), side.startsWith('x') ? width : height);
      expect(Math.abs(got.box[side] - inside)).toBeLessThanOrEqual(1);
    }
  }
}

/** Compares masks as PNG in base64. Returns the pixels of the first. */
async function expectMask(found: string, wanted: string): Promise<Buffer> {
  const pixels = (base64: string) => sharp(Buffer.from(base64, 'base64')).toColourspace('b-w').raw().toBuffer();
  const [left, right] = [await pixels(found), await pixels(wanted)];
  expect(left.length).toBe(right.length);
  const differences = left.reduce((count, value, at) => count + (value === right[at] ? 0 : 1), 0);
  expect(differences / left.length).toBeLessThan(0.001);
  return left;
}

describe('image models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-transformers-'));
  const models: LoadedModel[] = [];
  let cases: Cases;
  let photos: Buffer[];

  beforeAll(() => {
    execFileSync(PYTHON, [join(__dirname, 'transformers_cases.py'), folder], { stdio: 'pipe' });
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
    photos = cases.photos.map((name) => readFileSync(join(folder, name)));
  }, 300_000);

  afterAll(() => Promise.all(models.map((model) => model.close())));

  const packaged = (kind: ModelKind, task?: Partial<ImageTask>) =>
    imagePackage(kind, readFileSync(join(folder, `${kind}.onnx`)), task);

  async function load(directory: string): Promise<LoadedModel> {
    const model = await loadModel(directory, readManifest(directory), {});
    models.push(model);
    return model;
  }

  const images = (...data: Buffer[]): Tensor[] => [{ name: 'image', datatype: 'BYTES', shape: [data.length], data }];

  const documents = <T>([output]: readonly Tensor[]): T[] =>
    (output!.data as Buffer[]).map((bytes) => JSON.parse(bytes.toString()));

  it('classify pictures with the scores of the pipeline, alone and together', async () => {
    const model = await load(packaged('classification'));
    const [together] = await model.run(images(...photos));
    expect(together).toMatchObject({ name: 'scores', shape: [photos.length, LABELS.length] });
    for (const [index, photo] of photos.entries()) {
      const [alone] = await model.run(images(photo));
      for (const { label, score } of cases.classification[index]!) {
        const column = LABELS.indexOf(label);
        expect(alone!.data[column]).toBeCloseTo(score, 5);
        expect(together!.data[index * LABELS.length + column]).toBeCloseTo(score, 5);
      }
    }
  });

  it('take base64, and run raw tensors by the signature tensors', async () => {
    const model = await load(packaged('classification'));
    const [bytes] = await model.run(images(photos[0]!));
    expect(await model.run(images(Buffer.from(photos[0]!.toString('base64'))))).toEqual([bytes]);
    const shape = [1, 3, 32, 32];
    const data = new Float32Array(3 * 32 * 32);
    const logits = await model.run([{ name: 'pixel_values', datatype: 'FP32', shape, data }], 'tensors');
    expect(logits).toMatchObject([{ name: 'logits', shape: [1, LABELS.length] }]);
  });

  it('name the picture that is wrong, and return nothing for no pictures', async () => {
    const model = await load(packaged('classification'));
    await expect(model.run(images(photos[0]!, Buffer.from('a cat')))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching('picture 1: the picture has an unknown format'),
    });
    expect(await model.run(images())).toMatchObject([{ name: 'scores', shape: [0, LABELS.length] }]);
  });

  it('prepare the next pictures while the model runs, which gets no more runs at once than it takes', async () => {
    const model = await load(packaged('classification'));
    expect(model.concurrency).toBeGreaterThan(1);
    const alone = await Promise.all(photos.map((photo) => model.run(images(photo))));
    const all = await Promise.all(Array.from({ length: 30 }, (_, index) => model.run(images(photos[index % 3]!))));
    for (const [index, outputs] of all.entries()) expect(outputs).toEqual(alone[index % 3]);
  });

  it('are served: a body, a form, base64 and binary tensors get the same scores over HTTP', async () => {
    const config = readConfig({
      [ENVIRONMENT.model]: packaged('classification'),
      [ENVIRONMENT.port]: '0',
      [ENVIRONMENT.logLevel]: 'error',
    });
    const server = await startServer(config, '127.0.0.1', {});
    try {
      const post = async (
        path: string,
        body: string | Uint8Array<ArrayBuffer> | FormData,
        headers: Record<string, string> = {},
      ) => {
        const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body, headers });
        return { status: response.status, json: (await response.json()) as { predictions?: unknown[] } };
      };
      const bytes = new Uint8Array(photos[0]!);
      const text = photos[0]!.toString('base64');
      const wanted = LABELS.map((label) => expect.closeTo(scoreOf(cases.classification[0]!, label), 4));
      const predict = '/v1/models/pictures:predict';
      const infer = '/v2/models/pictures/infer';
      const predictions = { status: 200, json: { predictions: [wanted] } };
      const outputs = { status: 200, json: { outputs: [{ name: 'scores', shape: [1, LABELS.length], data: wanted }] } };
      expect(await post(predict, bytes, { 'content-type': 'image/jpeg' })).toMatchObject(predictions);
      expect(await post(predict, JSON.stringify({ instances: [text] }))).toMatchObject(predictions);
      expect(await post(predict, JSON.stringify({ instances: [{ b64: text }] }))).toMatchObject(predictions);
      const form = new FormData();
      for (const photo of photos) form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
      expect((await post('/invocations', form)).json.predictions).toHaveLength(photos.length);
      expect(await post(infer, bytes, { 'content-type': 'image/jpeg' })).toMatchObject(outputs);
      const input = { name: 'image', datatype: 'BYTES', shape: [1] };
      expect(await post(infer, JSON.stringify({ inputs: [{ ...input, data: [text] }] }))).toMatchObject(outputs);
      const parameters = { binary_data_size: bytes.length + 4 };
      const head = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters }] }));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      const binary = new Uint8Array(Buffer.concat([head, length, bytes]));
      const headers = { 'inference-header-content-length': String(head.length) };
      expect(await post(infer, binary, headers)).toMatchObject(outputs);
      // Pictures of a camera pass through the thread for large requests.
      const large = await sharp(photos[0]!).resize(1500, 1100).png({ compressionLevel: 0 }).toBuffer();
      expect(large.length).toBeGreaterThan(1024 * 1024);
      expect(await post(predict, new Uint8Array(large), { 'content-type': 'image/png' })).toMatchObject({
        status: 200,
      });
      const address = await post(predict, JSON.stringify({ instances: ['https://example.com/cat.jpg'] }));
      expect(address).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining('never fetches pictures') },
      });
      expect(await post(predict, '<svg/>', { 'content-type': 'image/svg+xml' })).toMatchObject({ status: 400 });
    } finally {
      await server.close();
    }
  });

  it('answer the client of Hugging Face as the pipelines, and gRPC', async () => {
    const kinds: readonly ModelKind[] = ['classification', 'detection', 'segmentation'];
    const grpcPort = await freePort();
    const base = await serve({ models: kinds.map((name) => entry(packaged(name), { name })), grpcPort });
    try {
      const paths = cases.photos.map((name) => join(folder, name));
      const script = join(__dirname, 'picture_clients.py');
      const env = { ...process.env, HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_OFFLINE: '0' };
      const { stdout } = await promisify(execFile)(PYTHON, [script, base, ...paths], { env });
      const found: ClientAnswers = JSON.parse(stdout);
      for (const [index, expected] of cases.classification.entries()) {
        const classes = expected.map(({ label, score }) => [label, expect.closeTo(score, 4)]);
        expect(found.classes[index]).toEqual(classes);
        expect(found.best[index]).toEqual(classes.slice(0, 1));
        await expectObjects(found.objects[index]!, cases.detection[index]!, photos[index]!);
        const certain = cases.detection[index]!.filter(({ score }) => score > 0.5);
        await expectObjects(found.certain[index]!, certain, photos[index]!);
        const segments = cases.segmentation[index]!;
        expect(found.segments[index]!.map(({ label }) => label)).toEqual(segments.map(({ label }) => label));
        for (const [rank, { mask }] of found.segments[index]!.entries()) await expectMask(mask, segments[rank]!.mask);
      }
      const client = serviceClient('inference.GRPCInferenceService', grpcPort);
      const contents = { bytes_contents: photos };
      const inputs = [{ name: 'image', datatype: 'BYTES', shape: [photos.length], contents }];
      const answer = await callOnce(client, 'ModelInfer', { model_name: 'classification', inputs });
      client.close();
      const scores = cases.classification.flatMap((wanted) => LABELS.map((label) => scoreOf(wanted, label)));
      expect(answer.outputs[0].contents.fp32_contents).toEqual(scores.map((score) => expect.closeTo(score, 4)));
    } finally {
      await stopAll();
    }
  }, 120_000);

  it('embed pictures with the vectors of the pipeline', async () => {
    const model = await load(packaged('features'));
    const [output] = await model.run(images(...photos));
    const wanted = cases.features.flat();
    expect(output).toMatchObject({ name: 'embedding', shape: [photos.length, 16] });
    for (const [index, value] of wanted.entries()) expect(output!.data[index]).toBeCloseTo(value, 4);
  });

  it('find the objects of the pipeline, in pixels of the original picture', async () => {
    const model = await load(packaged('detection'));
    const found = documents<FoundObject[]>(await model.run(images(...photos)));
    expect(cases.detection.flat().length).toBeGreaterThan(3);
    for (const [index, wanted] of cases.detection.entries()) {
      await expectObjects(found[index]!, wanted, photos[index]!);
    }
  });

  it('give each pixel the class of the pipeline, as PNG and as polygons', async () => {
    const model = await load(packaged('segmentation'));
    const outlined = await load(packaged('segmentation', { masks: 'polygons' }));
    const found = documents<Segment[]>(await model.run(images(...photos)));
    const polygons = documents<Segment[]>(await outlined.run(images(...photos)));
    for (const [index, wanted] of cases.segmentation.entries()) {
      expect(found[index]!.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label));
      for (const [rank, { mask }] of wanted.entries()) {
        const left = await expectMask(found[index]![rank]!.mask!, mask);
        // The area of polygons by the shoelace formula, in which holes count negative.
        const area = polygons[index]![rank]!.polygons!.reduce((sum, corners) => sum + areaOf(corners), 0);
        expect(area).toBe(left.reduce((count, value) => count + (value === 255 ? 1 : 0), 0));
      }
    }
  });

  it('reproduce golden samples within the tolerance by `modelship evaluate`, also scores inside JSON', async () => {
    const model = await load(packaged('detection'));
    const [output] = await model.run(images(photos[0]!));
    const sample = (text: string) => [
      {
        request: {
          inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [photos[0]!.toString('base64')] }],
        },
        response: { outputs: [{ name: 'objects', datatype: 'BYTES', shape: [1], data: [text] }] },
      },
    ];
    const text = (output!.data as Buffer[])[0]!.toString();
    const close = text.replace(/"score":([\d.]+)/, (_, score) => `"score":${Number(score) + 1e-7}`);
    const far = text.replace(/"score":([\d.]+)/, (_, score) => `"score":${Number(score) + 0.01}`);
    const evaluate = (samples: object[]) =>
      modelship('evaluate', imagePackage('detection', readFileSync(join(folder, 'detection.onnx')), {}, samples));
    expect(await evaluate(sample(close))).toMatchObject({ code: 0 });
    expect(await evaluate(sample(far))).toMatchObject({ code: 1 });
  });
});

function scoreOf(scores: readonly { label: string; score: number }[], wanted: string): number {
  return scores.find(({ label }) => label === wanted)!.score;
}

function areaOf(corners: readonly (readonly [number, number])[]): number {
  const doubled = corners.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
  return doubled / 2;
}
