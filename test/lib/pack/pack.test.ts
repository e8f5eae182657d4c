import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type PackOptions, packModel } from '../../../lib/pack/index.js';
import { modelship } from '../cli/support.js';

const root = join(__dirname, '..', '..', '..');
const example = (...path: string[]) => join(root, 'examples', ...path);
const scratch = mkdtempSync(join(tmpdir(), 'modelship-pack-'));
let folder: string;
let counter = 0;

beforeEach(() => {
  folder = join(scratch, String(counter++));
  mkdirSync(folder);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const out = () => join(folder, 'package');

function pack(options: Partial<PackOptions> = {}): Promise<Manifest> {
  return packModel({ source: example('iris', 'model.onnx'), name: 'iris', out: out(), ...options });
}

function samplesFile(content: unknown): string {
  const path = join(folder, 'given.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ROW = [5.1, 3.5, 1.4, 0.2];

describe('a package', () => {
  test('has the signature of the graph, and labels where there is a score for each', async () => {
    const manifest = await pack({ labels: ['setosa', 'versicolor', 'virginica'] });
    expect(manifest).toMatchObject({
      name: 'iris',
      version: '1',
      format: 'onnx',
      artifact: 'model.onnx',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3], labels: ['setosa', 'versicolor', 'virginica'] },
      ],
      samples: { count: 4, madeUp: true },
    });
    expect(manifest.outputs[0]).not.toHaveProperty('labels');
    await verifyFiles(out(), readManifest(out()));
  });

  test('has a golden sample for each row, with the answer that the model gave', async () => {
    await pack({ samples: samplesFile({ instances: [ROW, [6.7, 3.0, 5.2, 2.3]] }) });
    const samples = JSON.parse(readFileSync(join(out(), 'samples.json'), 'utf8'));
    expect(samples).toHaveLength(2);
    expect(samples[0].request).toEqual({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: ROW }] });
    expect(
      samples.map((sample: { response: { outputs: { data: number[] }[] } }) => sample.response.outputs[0]!.data),
    ).toEqual([[0], [2]]);
  });

  test.each([
    ['rows alone', JSON.stringify([ROW, ROW])],
    ['records of a frame', JSON.stringify([{ features: ROW }, { features: ROW }])],
    ['a missing value', JSON.stringify([ROW, ROW]).replaceAll('5.1', 'null')],
    ['NaN', JSON.stringify([ROW, ROW]).replaceAll('5.1', 'NaN')],
  ])('has golden samples of a file with %s, which agree', async (_, text) => {
    const samples = join(folder, 'rows.json');
    writeFileSync(samples, text);
    await pack({ samples });
    const { stdout } = await modelship('evaluate', out());
    expect(stdout).toContain('2 of 2 samples agree');
  });

  test('can be read by another user, and leaves nothing beside it', async () => {
    await pack();
    expect(statSync(out()).mode & 0o055).toBe(0o055 & ~process.umask());
    expect(readdirSync(folder)).toEqual(['package']);
  });

  test.each(['iris', 'diabetes'])('of the example %s is the committed one, byte for byte', async (name) => {
    const committed = example(name, 'model');
    const { digest, version } = readManifest(committed);
    const again = await pack({
      source: example(name, 'model.onnx'),
      name,
      version,
      samples: example(name, 'samples', 'requests.json'),
      ...(name === 'iris' && { labels: ['setosa', 'versicolor', 'virginica'] }),
    });
    expect(again.digest).toBe(digest);
    expect(readdirSync(out()).sort()).toEqual(readdirSync(committed).sort());
    for (const file of readdirSync(out())) {
      expect(readFileSync(join(out(), file), 'utf8'), file).toBe(readFileSync(join(committed, file), 'utf8'));
    }
  });

  test('has the same digest whatever the file is called and wherever it lies', async () => {
    const moved = join(folder, 'renamed.bin');
    cpSync(example('iris', 'model.onnx'), moved);
    const first = await pack();
    const second = await pack({ source: moved, out: join(folder, 'elsewhere') });
    expect(second.digest).toBe(first.digest);
  });

  test.each<[string, Partial<PackOptions>]>([
    ['name', { name: 'flowers' }],
    ['version', { version: '2' }],
    ['labels', { labels: ['a', 'b', 'c'] }],
    ['tolerance', { tolerance: { absolute: 1e-3, relative: 1e-3 } }],
    ['model', { source: example('diabetes', 'model.onnx') }],
  ])('has another digest with another %s', async (_, difference) => {
    const first = await pack();
    const second = await pack({ out: join(folder, 'other'), ...difference });
    expect(second.digest).not.toBe(first.digest);
  });
});

describe('samples are read as clients send them', () => {
  test.each<[string, unknown]>([
    ['rows', { instances: [ROW] }],
    ['rows by name', { instances: [{ features: ROW }] }],
    ['columns', { inputs: [ROW] }],
    ['columns by name', { inputs: { features: [ROW] } }],
    ['Open Inference Protocol, flat', { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: ROW }] }],
    [
      'Open Inference Protocol, nested',
      { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: [ROW] }] },
    ],
    ['a list of requests', [{ instances: [ROW] }]],
  ])('%s', async (_, content) => {
    await pack({ samples: samplesFile(content) });
    const [sample] = JSON.parse(readFileSync(join(out(), 'samples.json'), 'utf8'));
    expect(sample.request.inputs).toEqual([{ name: 'features', datatype: 'FP32', shape: [1, 4], data: ROW }]);
    expect(sample.response.outputs[0]).toEqual({ name: 'label', datatype: 'INT64', shape: [1], data: [0] });
  });

  test('the samples of a package make the same samples again', async () => {
    await pack({ samples: samplesFile({ instances: [ROW] }) });
    await pack({ out: join(folder, 'again'), samples: join(out(), 'samples.json') });
    expect(readManifest(join(folder, 'again')).digest).toBe(readManifest(out()).digest);
  });

  test('whole numbers of a batch keep their shape', async () => {
    await pack({ samples: samplesFile({ inputs: [ROW, ROW, ROW] }) });
    const [sample] = JSON.parse(readFileSync(join(out(), 'samples.json'), 'utf8'));
    expect(sample.response.outputs[0].shape).toEqual([3]);
  });
});

describe('expected answers are compared', () => {
  test.each<[string, unknown]>([
    ['the outputs by name', { instances: [ROW], predictions: [{ label: 0 }] }],
    ['columns', { inputs: [ROW], outputs: { label: [0] } }],
    [
      'Open Inference Protocol',
      {
        inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: ROW }],
        outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [0] }],
      },
    ],
  ])('and agree: %s', async (_, content) => {
    expect((await pack({ samples: samplesFile(content) })).samples.count).toBe(1);
  });

  test('within the tolerance', async () => {
    const samples = samplesFile({ instances: [ROW], predictions: [{ probabilities: [0.99, 0.01, 0] }] });
    await expect(pack({ samples })).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
    await expect(pack({ samples, tolerance: { absolute: 0.1, relative: 0 } })).resolves.toBeDefined();
  });

  test('and name the row, the output and the number that differs', async () => {
    const samples = samplesFile({ instances: [ROW, ROW], predictions: [{ label: 0 }, { label: 1 }] });
    await expect(pack({ samples })).rejects.toThrow(/row 2: .*label/);
    expect(existsSync(out())).toBe(false);
  });
});

describe('bad input gives one clear error and leaves nothing', () => {
  async function refused(options: Partial<PackOptions>, code: string, message: RegExp) {
    const before = readdirSync(folder);
    await expect(pack(options)).rejects.toThrow(message);
    await expect(pack(options)).rejects.toMatchObject({ code });
    expect(readdirSync(folder)).toEqual(before);
  }

  const file = (name: string, bytes: Buffer | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };

  test('a missing file', () =>
    refused({ source: join(folder, 'nothing.onnx') }, 'FILE_MISSING', /no file or folder .*nothing\.onnx/));

  test('a truncated file', async () => {
    const source = file('cut.onnx', readFileSync(example('iris', 'model.onnx')).subarray(0, 300));
    await refused({ source }, 'ARTIFACT_INVALID', /cut\.onnx was cut off/);
  });

  test('a model that is whole and wrong, named as the user called it', async () => {
    const bytes = Buffer.from(readFileSync(example('iris', 'model.onnx')));
    bytes.write('Gemn', bytes.indexOf('Gemm'));
    await refused({ source: file('wrong.onnx', bytes) }, 'ARTIFACT_INVALID', /wrong\.onnx/);
  });

  test('a pickle, whatever its ending', async () => {
    const source = file('model.onnx', Buffer.from('80049503000000000000008c0161942e', 'hex'));
    await refused(
      { source },
      'FORMAT_UNTRUSTED',
      /has the format pickle, and loading it can run code.*--trust-pickle/s,
    );
  });

  test('a name and a version that no route could hold, both at once', () =>
    refused({ name: 'two words', version: '1.2' }, 'MANIFEST_INVALID', /name "two words".*version "1\.2"/s));

  test('labels that no output has scores for', () =>
    refused({ labels: ['a', 'b'] }, 'LABELS_INVALID', /2 labels were given.*`probabilities` FP32 \[-1, 3\]/s));

  test.each<[string, unknown, RegExp]>([
    ['not JSON', '{"instances": [', /is not JSON/],
    ['no request', {}, /neither `instances` nor `inputs`/],
    ['an empty list', [], /holds no request/],
    ['an infinite number', '{"instances": [[-Infinity, 1, 2, 3]]}', /holds -Infinity.*Leave out the request/],
    ['requests and rows in one list', [{ instances: [ROW] }, ROW], /entry 2 must be an object with `instances`/],
    ['a number', 3, /must be an object with `instances` or `inputs`, got 3/],
    [
      'too short a row',
      { instances: [ROW, [1, 2, 3]] },
      /row 2: `features` has the shape \[1,3\], and the model has \[-1,4\]/,
    ],
    ['text for a number', { instances: [['a', 'b', 'c', 'd']] }, /row 1: `features`: .*String/],
    ['a ragged row', { inputs: [[1, 2, 3, 4], [1]] }, /`features`: .*size/],
    ['another name', { instances: [{ petals: ROW }] }, /the model has no `petals`, but `features` \(FP32 \[-1, 4\]\)/],
    ['no input', { instances: [{}] }, /`features` is missing/],
    ['fewer predictions than rows', { instances: [ROW, ROW], predictions: [{ label: 0 }] }, /as many: got 1/],
    ['an unknown output', { instances: [ROW], predictions: [{ species: 0 }] }, /the model has no `species`/],
    ['one value for two outputs', { instances: [ROW], predictions: [0] }, /write an object of all of them/],
  ])('samples with %s', async (_, content, message) => {
    await refused({ samples: samplesFile(content) }, 'SAMPLES_INVALID', message);
  });

  test('a file of samples that is not there', () =>
    refused({ samples: join(folder, 'none.json') }, 'SAMPLES_INVALID', /none\.json cannot be read \(ENOENT\)/));
});

describe('what is in the folder already', () => {
  test('stays, if it is the same package', async () => {
    const first = await pack();
    expect((await pack()).digest).toBe(first.digest);
  });

  test('is repaired, if it is the same package and a file was damaged', async () => {
    const manifest = await pack();
    writeFileSync(join(out(), 'model.onnx'), 'damaged');
    await pack();
    await verifyFiles(out(), manifest);
  });

  test('is not replaced by another package, unless forced', async () => {
    const first = await pack();
    await expect(pack({ version: '2' })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readManifest(out()).digest).toBe(first.digest);

    expect((await pack({ version: '2', force: true })).version).toBe('2');
    expect(readManifest(out()).version).toBe('2');
    expect(readdirSync(folder)).toEqual(['package']);
  });

  test('is never replaced, if it is no package', async () => {
    mkdirSync(out());
    writeFileSync(join(out(), 'thesis.txt'), 'ten years of work');
    await expect(pack({ force: true })).rejects.toThrow(/not empty and is not a model package/);
    expect(readFileSync(join(out(), 'thesis.txt'), 'utf8')).toBe('ten years of work');
  });

  test('is never replaced, if it is a file', async () => {
    writeFileSync(out(), 'a file');
    await expect(pack({ force: true })).rejects.toThrow(/package is a file\. Give the folder/);
    expect(readFileSync(out(), 'utf8')).toBe('a file');
  });

  test('is used, if it is empty', async () => {
    mkdirSync(out());
    await pack();
    expect(existsSync(join(out(), 'model.json'))).toBe(true);
  });
});
