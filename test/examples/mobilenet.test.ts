import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { binaryRequest, type EncodedRequest, jsonRequest } from '../../lib/bench/requests.js';
import { Model } from '../../lib/model/model.js';
import { packModel } from '../../lib/pack/index.js';
import { readConfig } from '../../runtime/src/config.js';
import { ENVIRONMENT, inferPath } from '../../runtime/src/contract.js';
import { type RunningServer, startServer } from '../../runtime/src/start-server.js';
import { SynthesizedFunction } from '../contract/lambda-function.js';
import { modelship } from '../lib/cli/support.js';

const root = join(__dirname, '..', '..');
const example = join(root, 'examples', 'mobilenet');
const models = join(root, '.cache', 'mobilenet', 'models');
const python = join(root, '.venv', 'bin', 'python');

const LABELS = readFileSync(join(example, 'labels.txt'), 'utf8').trim().split(',');
const EXPECTED: number[][] = Object.values(JSON.parse(readFileSync(join(example, 'expected.json'), 'utf8')));
const FORMATS = {
  onnx: 'model.onnx',
  saved_model: 'saved_model',
  torchscript: 'model.pt',
  exported_program: 'model.pt2',
};
type Format = keyof typeof FORMATS;
const formats = Object.keys(FORMATS) as Format[];

let packages: string;
let server: RunningServer;
let photos: number[][][][];

beforeAll(async () => {
  const { status, stderr, error } = spawnSync(python, [join(example, 'convert.py')], { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr);
  photos = JSON.parse(readFileSync(join(models, 'requests.json'), 'utf8')).instances;

  packages = mkdtempSync(join(tmpdir(), 'modelship-mobilenet-'));
  process.env[ENVIRONMENT.python] = python;
  await Promise.all(formats.map(pack));
  const config = readConfig({
    [ENVIRONMENT.model]: packages,
    [ENVIRONMENT.port]: '0',
    [ENVIRONMENT.python]: python,
    [ENVIRONMENT.trustPickle]: 'true',
    [ENVIRONMENT.logLevel]: 'error',
  });
  server = await startServer(config, '127.0.0.1', {});
  // Two frameworks are imported to convert, three times to pack and three times to serve.
}, 600_000);
afterAll(async () => {
  await server?.close();
  rmSync(packages, { recursive: true, force: true });
});

/** Fails if the model does not answer as the original did in TensorFlow.js. */
function pack(format: Format) {
  return packModel({
    source: join(models, FORMATS[format]),
    name: format,
    out: join(packages, format),
    samples: join(models, 'requests.json'),
    labels: LABELS,
    trustPickle: true,
  });
}

function image(batch: number[][][][]) {
  const data = Float32Array.from(batch.flat(3));
  return { name: 'image', datatype: 'FP32', shape: [batch.length, 224, 224, 3], data } as const;
}

async function infer(format: Format, { headers, body }: EncodedRequest) {
  const url = `http://127.0.0.1:${server.port}${inferPath(format)}`;
  return fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
}

/** The probabilities of each photo, by JSON. */
async function classify(format: Format, batch: number[][][][]): Promise<number[][]> {
  const response = await infer(format, jsonRequest([image(batch)]));
  expect(response.status).toBe(200);
  const { outputs } = (await response.json()) as { outputs: { data: number[] }[] };
  const flat = outputs[0]!.data;
  return batch.map((_, row) => flat.slice(row * LABELS.length, (row + 1) * LABELS.length));
}

describe.each(formats)('the image model as %s', (format) => {
  let answers: number[][];
  beforeAll(async () => {
    answers = await classify(format, photos);
  });

  it('takes pictures and names the classes', async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v2/models/${format}`);
    expect(await response.json()).toMatchObject({
      inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 224, 224, 3] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, LABELS.length] }],
    });
    const { outputs } = JSON.parse(readFileSync(join(packages, format, 'model.json'), 'utf8'));
    expect(outputs[0].labels).toEqual(LABELS);
  });

  it('answers for photos as the original does', () => {
    for (const [photo, probabilities] of answers.entries()) {
      for (const [index, probability] of probabilities.entries()) {
        expect(Math.abs(probability - EXPECTED[photo]![index]!), `${LABELS[index]} of photo ${photo}`).toBeLessThan(
          1e-5,
        );
      }
    }
  });

  it('sees nothing in a temple and a flower that has to be hidden', () => {
    for (const probabilities of answers) {
      expect(LABELS[probabilities.indexOf(Math.max(...probabilities))]).toBe('neutral');
    }
  });

  it('answers alike in a batch and alone, in binary and in JSON', async () => {
    const [alone] = await classify(format, [photos[1]!]);
    const response = await infer(format, binaryRequest([image(photos)]));
    const bytes = Buffer.from(await response.arrayBuffer());
    const values = bytes.subarray(Number(response.headers.get('inference-header-content-length')));
    expect(values.length).toBe(4 * 2 * LABELS.length);
    for (const [index, probability] of alone!.entries()) {
      expect(values.readFloatLE(4 * (LABELS.length + index))).toBeCloseTo(probability, 5);
    }
  });

  it.each([
    ['of another size', [1, 192, 192, 3]],
    ['with the channels first', [1, 3, 224, 224]],
    ['without a batch', [224, 224, 3]],
  ])('refuses a picture %s, and says what it takes', async (_, shape) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const response = await infer(format, binaryRequest([{ name: 'image', datatype: 'FP32', shape, data }]));
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/image.*224/);
  });
});

test('pictures that are not the photos are told apart: the answers follow the pixels in every format', async () => {
  const dark = photos.map((rows) => rows.map((row) => row.map((pixel) => pixel.map((value) => value / 8))));
  const [first, ...others] = await Promise.all(formats.map((format) => classify(format, dark)));
  for (const [photo, probabilities] of first!.entries()) {
    expect(Math.abs(probabilities[2]! - EXPECTED[photo]![2]!)).toBeGreaterThan(1e-3);
    for (const other of others) {
      for (const [index, probability] of probabilities.entries()) {
        expect(other[photo]![index]).toBeCloseTo(probability, 4);
      }
    }
  }
});

test('ONNX and ExportedProgram come out byte for byte on every machine, whatever the build of PyTorch', () => {
  for (const line of readFileSync(join(example, 'SHA256SUMS'), 'utf8').trim().split('\n')) {
    const [sha256, file] = line.split(/ +/);
    expect(
      createHash('sha256')
        .update(readFileSync(join(models, file!)))
        .digest('hex'),
      file,
    ).toBe(sha256);
  }
});

test('a model that was changed on the way is not packed', async () => {
  const changed = join(packages, 'changed.json');
  const requests = JSON.parse(readFileSync(join(models, 'requests.json'), 'utf8'));
  requests.predictions[0].probabilities.reverse();
  writeFileSync(changed, JSON.stringify(requests));
  await expect(
    packModel({ source: join(models, 'model.onnx'), name: 'changed', out: join(packages, 'no'), samples: changed }),
  ).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
});

describe('the image model as a package that takes pictures', () => {
  const folder = join(root, '.cache', 'mobilenet', 'folder');
  const requests = join(folder, 'requests.json');
  let directory: string;
  let pictures: RunningServer;
  let files: Buffer<ArrayBuffer>[];

  beforeAll(async () => {
    const { status, stderr, error } = spawnSync(python, [join(example, 'folder.py')], { encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(stderr);
    directory = join(mkdtempSync(join(tmpdir(), 'modelship-pictures-')), 'pictures');
    await packModel({ source: folder, name: 'pictures', out: directory, samples: requests });
    const { instances } = JSON.parse(readFileSync(requests, 'utf8'));
    files = instances.map((instance: string) => Buffer.from(instance, 'base64'));
    const config = readConfig({
      [ENVIRONMENT.model]: directory,
      [ENVIRONMENT.port]: '0',
      [ENVIRONMENT.logLevel]: 'error',
    });
    pictures = await startServer(config, '127.0.0.1', {});
  }, 300_000);
  afterAll(async () => {
    await pictures?.close();
    rmSync(dirname(directory), { recursive: true, force: true });
  });

  it('answers for JPEG files as the original does for their pixels', async () => {
    for (const [photo, body] of files.entries()) {
      const url = `http://127.0.0.1:${pictures.port}/v1/models/pictures:predict`;
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body });
      const { predictions } = (await response.json()) as { predictions: number[][] };
      for (const [index, probability] of EXPECTED[photo]!.entries()) {
        expect(Math.abs(predictions[0]![index]! - probability), LABELS[index]).toBeLessThan(1e-5);
      }
    }
  });

  it('is evaluated on the photos', async () => {
    expect(await modelship('evaluate', directory, '--samples', requests)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 of 2'),
    });
  });

  it('is synthesized for a function, with the decoder of pictures', () => {
    const { codeFolder, environment, synthesized } = new SynthesizedFunction({ model: Model.fromDirectory(directory) });
    expect(environment[ENVIRONMENT.model]).toContain(codeFolder);
    expect(
      readdirSync(codeFolder, { recursive: true })
        .map(String)
        .some((path) => path.endsWith('model.onnx')),
    ).toBe(true);
    expect(synthesized.only('AWS::ApiGateway::RestApi').BinaryMediaTypes).toContain('image/jpeg');
  });
});
