import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { readConfig } from '../../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../../runtime/src/contract.js';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { type ReadTextTask, readManifest } from '../../../../runtime/src/manifest/index.js';
import { type RunningServer, startServer } from '../../../../runtime/src/start-server.js';
import { pictureThreads } from '../../../../runtime/src/tasks/images/picture-threads.js';
import { decoded, loadReadTextModel, type ReadLine } from '../../../../runtime/src/tasks/images/read-text-model.js';
import { loadModel } from '../../../../runtime/src/tasks/load-model.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { type Bar, bars, barWidth, png, READER, turned } from '../../../support/reader.js';

const BARS: readonly Bar[] = [
  { text: 'rgb', x: 60, y: 60 },
  { text: 'bb', x: 460, y: 62 },
  { text: 'grgr', x: 60, y: 220 },
];
const [WIDTH, HEIGHT] = [760, 340];

describe('a model that reads text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-reader-'));
  const directory = join(folder, 'reader');
  let model: LoadedModel;

  beforeAll(async () => {
    await packModel({ source: READER, name: 'reader', out: directory });
    model = await loadModel(directory, readManifest(directory), {});
  }, 120_000);
  afterAll(async () => {
    await model?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function read(...files: Buffer[]): Promise<ReadLine[][]> {
    const data = files.map((file) => Buffer.from(file));
    const [lines] = await model.run([{ name: 'image', datatype: 'BYTES', shape: [data.length], data }]);
    return (lines!.data as Buffer[]).map((json) => JSON.parse(json.toString()));
  }

  const texts = (lines: readonly ReadLine[]) => lines.map(({ text }) => text);

  it('returns lines from left to right and from top to bottom, with polygons around them', async () => {
    const [lines] = await read(await png(WIDTH, HEIGHT, bars(WIDTH, HEIGHT, BARS)));
    expect(texts(lines!)).toEqual(['rgb', 'bb', 'grgr']);
    for (const [index, { score, polygon }] of lines!.entries()) {
      const bar = BARS[index]!;
      expect(score).toBeGreaterThan(0.5);
      const [[left, top], [right], [, bottom]] = polygon as unknown as [number[], number[], number[]];
      expect(left).toBeLessThan(bar.x);
      expect(left).toBeGreaterThan(bar.x - 40);
      expect(top).toBeLessThan(bar.y);
      expect(right).toBeGreaterThan(bar.x + barWidth(bar));
      expect(bottom).toBeGreaterThan(bar.y + 40);
    }
  });

  it('reads lines that are upside down, vertical, or slanted, and pictures with an orientation', async () => {
    const pixels = bars(WIDTH, HEIGHT, BARS);
    const upright = await png(WIDTH, HEIGHT, pixels);
    const picture = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
    const vertical = await picture.clone().rotate(90).png().toBuffer();
    const slanted = await picture.clone().rotate(7, { background: 'white' }).png().toBuffer();
    const stored = await picture.clone().rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    const [reversed, down, slope, shown, plain] = await read(
      await png(WIDTH, HEIGHT, turned(pixels)),
      vertical,
      slanted,
      stored,
      upright,
    );
    expect(texts(reversed!)).toEqual(['grgr', 'bb', 'rgb']);
    expect(texts(down!).toSorted()).toEqual(['bb', 'grgr', 'rgb']);
    expect(texts(slope!).toSorted()).toEqual(['bb', 'grgr', 'rgb']);
    expect(texts(shown!)).toEqual(texts(plain!));
    for (const [index, { polygon }] of shown!.entries()) {
      for (const [corner, [x, y]] of polygon.entries()) {
        expect(Math.abs(x - plain![index]!.polygon[corner]![0])).toBeLessThanOrEqual(2);
        expect(Math.abs(y - plain![index]!.polygon[corner]![1])).toBeLessThanOrEqual(2);
      }
    }
  });

  it('returns no lines for pictures without text, of one pixel, or of noise', async () => {
    const white = await png(300, 200, new Uint8Array(300 * 200 * 3).fill(255));
    const pixel = await png(1, 1, Uint8Array.of(255, 255, 255));
    expect(await read(white, pixel)).toEqual([[], []]);
    expect(await read()).toEqual([]);
  });

  it('prepares a picture after the one before was read, so that memory does not grow with their number', async () => {
    const white = await png(300, 200, new Uint8Array(300 * 200 * 3).fill(255));
    const calls = vi.spyOn(pictureThreads, 'call');
    try {
      expect(await read(white, white, white)).toEqual([[], [], []]);
      const names = calls.mock.calls.map(([, , name]) => name);
      expect(names).toEqual(['prepare', 'findLines', 'prepare', 'findLines', 'prepare', 'findLines']);
    } finally {
      calls.mockRestore();
    }
  });

  it('maps polygons of large and of wide pictures to the pixels of the original', async () => {
    const large = { width: 3000, height: 1600 };
    const wide = { width: 1400, height: 100 };
    const bar = { text: 'grb', x: 100, y: 30 };
    const [first, second] = await read(
      await sharp(bars(750, 400, [bar]), { raw: { width: 750, height: 400, channels: 3 } })
        .resize(large.width, large.height, { kernel: 'nearest' })
        .png()
        .toBuffer(),
      await png(wide.width, wide.height, bars(wide.width, wide.height, [bar])),
    );
    expect([texts(first!), texts(second!)]).toEqual([['grb'], ['grb']]);
    const center = ({ polygon }: ReadLine, axis: 0 | 1) =>
      polygon.reduce((sum, corner) => sum + corner[axis], 0) / polygon.length;
    const middle = { x: bar.x + barWidth(bar) / 2, y: bar.y + 20 };
    expect(Math.abs(center(first![0]!, 0) - 4 * middle.x)).toBeLessThan(8);
    expect(Math.abs(center(second![0]!, 0) - middle.x)).toBeLessThan(3);
    expect(Math.abs(center(second![0]!, 1) - middle.y)).toBeLessThan(3);
    for (const [, y] of second![0]!.polygon) expect(y).toBeLessThanOrEqual(wide.height);
  });

  it('rejects pictures that are too narrow for the model, cut off, or no pictures, and names them', async () => {
    const narrow = await png(2000, 4, new Uint8Array(2000 * 4 * 3));
    await expect(read(narrow)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching('Send one that is less narrow'),
    });
    const file = await png(WIDTH, HEIGHT, bars(WIDTH, HEIGHT, BARS));
    await expect(read(file, file.subarray(0, 900))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^picture 1: the PNG picture cannot be decoded/),
    });
  });

  it('runs the tensors of each model by a signature of its own', async () => {
    const zeros = (shape: number[]): Tensor[] => [
      { name: 'x', datatype: 'FP32', shape, data: new Float32Array(shape.reduce((a, b) => a * b)) },
    ];
    expect(Object.keys(model.signatures)).toEqual(['serving_default', 'tensors', 'direction', 'recognition']);
    expect(await model.run(zeros([1, 3, 32, 64]), 'tensors')).toMatchObject([{ shape: [1, 1, 32, 64] }]);
    expect(await model.run(zeros([2, 3, 48, 192]), 'direction')).toMatchObject([{ shape: [2, 2] }]);
    expect(await model.run(zeros([1, 3, 48, 320]), 'recognition')).toMatchObject([{ shape: [1, 40, 4] }]);
  });

  it('rejects outputs of further models that have other classes than the characters and directions', async () => {
    const file = await png(WIDTH, HEIGHT, bars(WIDTH, HEIGHT, BARS));
    const manifest = readManifest(directory);
    const task = manifest.task as ReadTextTask;
    const load = (path: string) => engineFor('onnx').load({ path: join(directory, path), format: 'onnx' }, {});
    const models = await Promise.all(['detection.onnx', 'direction.onnx', 'recognition.onnx'].map(load));
    const [detection, direction, recognition] = models as [LoadedModel, LoadedModel, LoadedModel];
    /** Returns a model that declares no number of classes, and has one less. */
    const withoutOneClass = (model: LoadedModel): LoadedModel => {
      const { inputs, outputs } = model.signatures.serving_default!;
      const open = outputs.map((spec) => ({ ...spec, shape: spec.shape.map(() => -1) }));
      const run = async (tensors: readonly Tensor[]) =>
        (await model.run(tensors)).map((output) => {
          const shape = output.shape.with(-1, output.shape.at(-1)! - 1);
          return { ...output, shape, data: new Float32Array(shape.reduce((product, size) => product * size)) };
        });
      return { signatures: { serving_default: { inputs, outputs: open } }, run, close: () => model.close() };
    };
    const reading = (further: Record<string, LoadedModel>) => {
      const reader = loadReadTextModel(detection, task, further, { directory, manifest });
      return reader.run([{ name: 'image', datatype: 'BYTES', shape: [1], data: [Buffer.from(file)] }]);
    };
    try {
      await expect(reading({ direction, recognition: withoutOneClass(recognition) })).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringMatching(
          /^the model recognition.onnx returned .* for 3 lines; 3 dimensions are needed, the last with 4 classes$/,
        ),
      });
      await expect(reading({ direction: withoutOneClass(direction), recognition })).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringMatching(
          /^the model direction.onnx returned .* 2 dimensions are needed, the last with 2 classes$/,
        ),
      });
    } finally {
      await Promise.all(models.map((each) => each.close()));
    }
  });

  it('is served by every form of request', async () => {
    const server: RunningServer = await startServer(
      readConfig({ [ENVIRONMENT.model]: directory, [ENVIRONMENT.port]: '0', [ENVIRONMENT.logLevel]: 'error' }),
      '127.0.0.1',
      {},
    );
    try {
      const file = await png(WIDTH, HEIGHT, bars(WIDTH, HEIGHT, BARS));
      const base64 = file.toString('base64');
      const post = async (path: string, body: string | FormData | Uint8Array<ArrayBuffer>, type?: string) => {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const url = `http://127.0.0.1:${server.port}${path}`;
        const response = await fetch(url, { method: 'POST', headers, body });
        expect(response.status).toBe(200);
        return (await response.json()) as { predictions: string[]; outputs: { data: string[] }[] };
      };
      const form = new FormData();
      form.append('picture', new Blob([new Uint8Array(file)]), 'page.png');
      const json = 'application/json';
      const predict = '/v1/models/reader:predict';
      const instances = JSON.stringify({ instances: [base64] });
      const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], data: [base64] }];
      const [raw, parts, rows, v2, face] = [
        await post(predict, new Uint8Array(file), 'image/png'),
        await post(predict, form),
        await post(predict, instances, json),
        await post('/v2/models/reader/infer', JSON.stringify({ inputs }), json),
        await post('/', JSON.stringify({ inputs: base64, parameters: { threshold: 0.1 } }), json),
      ];
      const lines = JSON.parse(v2.outputs[0]!.data[0]!);
      expect(texts(lines)).toEqual(['rgb', 'bb', 'grgr']);
      expect(face).toEqual(lines);
      for (const { predictions } of [raw, parts, rows]) expect(JSON.parse(predictions[0]!)).toEqual(lines);
    } finally {
      await server.close();
    }
  }, 300_000);

  it('packs each model and the list of characters', async () => {
    const manifest = readManifest(directory);
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'characters.json',
      'detection.onnx',
      'direction.onnx',
      'recognition.onnx',
      'samples.json',
    ]);
    expect(JSON.parse(readFileSync(join(directory, 'characters.json'), 'utf8'))).toEqual(['b', 'g', 'r']);
  });
});

describe('the scores of columns', () => {
  it('become text without repetitions and without class 0, and the mean score of its characters', () => {
    const column = (best: number, score: number) =>
      Array.from({ length: 3 }, (_, index) => (index === best ? score : 0));
    const scores = [column(1, 0.5), column(1, 0.9), column(0, 1), column(1, 1), column(2, 0.75), column(0, 1)];
    expect(decoded(Float32Array.from(scores.flat()), 3, ['a', 'b'])).toEqual({ text: 'aab', score: 0.75 });
    expect(decoded(Float32Array.from(column(0, 1)), 3, ['a', 'b'])).toEqual({ text: '', score: 0 });
  });
});
