import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceRows } from '../../../lib/cli/reference-rows.js';
import { Model } from '../../../lib/model/index.js';
import { writeReferenceEmbedding } from '../../../lib/pack/reference-embedding.js';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { type Manifest, readManifest } from '../../../runtime/src/manifest/index.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import { writePackage } from '../../support/packages.js';
import { EMBEDDED, writeWordsPackage } from '../../support/words-packages.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-embedding-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Adds reference data of the rows in CSV to a package. */
async function withReference(directory: string, csv: string): Promise<string> {
  const rows = join(folder, 'rows.csv');
  writeFileSync(rows, csv);
  const reference = await writeReferenceEmbedding((signature) => referenceRows(rows, undefined, signature), directory);
  const { files, digest, ...manifest } = readManifest(directory) as Manifest;
  const paths = [...files.map(({ path }) => path), 'reference.json'];
  const content = Object.fromEntries(paths.map((path) => [path, readFileSync(join(directory, path))]));
  return writePackage({ ...manifest, reference, content }, directory);
}

/** Serves a package, and reads the drift of its vectors. */
async function serving(directory: string) {
  const { name } = readManifest(directory);
  const variables = { [ENVIRONMENT.model]: directory, [ENVIRONMENT.logLevel]: 'error' };
  const { app, load, close } = createRuntime(readConfig(variables));
  await load();
  const call = (method: string, path: string, body = '') =>
    app.handle({ method, path, query: '', headers: {}, body: Buffer.from(body) });
  return {
    close,
    async send(instance: unknown, count: number) {
      for (let request = 0; request < count; request++) {
        const { status, body } = await call(
          'POST',
          `/v1/models/${name}:predict`,
          JSON.stringify({ instances: [instance] }),
        );
        expect(status, String(body)).toBe(200);
      }
    },
    async drift(measure: string): Promise<number | undefined> {
      const { body } = await call('GET', '/metrics');
      const series = `modelship_drift{model="${name}",version="1",column="embedding",measure="${measure}"} `;
      const line = String(body)
        .split('\n')
        .find((each) => each.startsWith(series));
      return line === undefined ? undefined : Number(line.slice(series.length));
    },
  };
}

describe('the vectors of a model that embeds texts', () => {
  let directory: string;

  beforeAll(async () => {
    const rows = Array.from({ length: 300 }, (_, row) => EMBEDDED.texts[row % 2]);
    directory = await withReference(writeWordsPackage('words_embed'), `text\n${rows.join('\n')}\n`);
  });

  test('are described by their mean and their variance', () => {
    const { rows, columns, embedding } = JSON.parse(readFileSync(join(directory, 'reference.json'), 'utf8'));
    const [first, second] = EMBEDDED.vectors;
    expect({ rows, columns, output: embedding.output }).toEqual({ rows: 300, columns: [], output: 'embedding' });
    for (const [place, value] of embedding.mean.entries())
      expect(value).toBeCloseTo((first[place]! + second[place]!) / 2);
    const squared = first.reduce((sum, value, place) => sum + (value - second[place]!) ** 2, 0);
    expect(embedding.variance).toBeCloseTo(squared / 4);
  });

  test('give their drift as metrics, and none while requests are like the reference data', async () => {
    const { send, drift, close } = await serving(directory);
    for (const text of EMBEDDED.texts) await send(text, 99);
    expect(await drift('mean_shift')).toBeUndefined();
    for (const text of EMBEDDED.texts) await send(text, 1);
    expect(await drift('mean_shift')).toBeCloseTo(0);
    expect(await drift('cosine')).toBeCloseTo(0);
    // The vectors of both texts have the same distance to their mean, which is the unit.
    await send(EMBEDDED.texts[1], 200);
    expect(await drift('mean_shift')).toBeCloseTo(0.5);
    expect(await drift('cosine')).toBeGreaterThan(0.001);
    await close();
  }, 60_000);
});

test('the vectors of a model that embeds pictures give their drift', async () => {
  const pixels = { name: 'pixels', datatype: 'FP32', shape: [-1, 8, 8, 3] } as const;
  const means = { name: 'means', datatype: 'FP32', shape: [-1, 3] } as const;
  const directory = writePackage({
    name: 'pictures',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ ...means, name: 'embedding', shape: [-1, 3] }],
    signatures: {
      tensors: { inputs: [{ ...pixels, shape: [...pixels.shape] }], outputs: [{ ...means, shape: [...means.shape] }] },
    },
    task: {
      type: 'image_embedding',
      preprocessing: [
        { type: 'convert', mode: 'RGB' },
        { type: 'resize', height: 8, width: 8, filter: 'bilinear' },
        { type: 'rescale', factor: 1 / 255 },
      ],
      layout: 'NHWC',
      output: 'means',
      normalize: false,
    },
    content: {
      'model.onnx': readFileSync(join(import.meta.dirname, '../../fixtures/mean_color.onnx')),
      'samples.json': '[]',
    },
  });
  const pictures = ['dark', 'grey'].map((name) =>
    join(import.meta.dirname, `../../../examples/read-text/pictures/${name}.png`),
  );
  const { send, drift, close } = await serving(await withReference(directory, `image\n${pictures.join('\n')}\n`));
  await send({ b64: readFileSync(pictures[0]!, 'base64') }, 200);
  expect(await drift('mean_shift')).toBeCloseTo(1);
  await close();
}, 60_000);

test('a model that makes no vectors is an error', async () => {
  const rows = writeWordsPackage('words_classify');
  await expect(withReference(rows, 'text\ngood\n')).rejects.toMatchObject({
    code: 'REFERENCE_INVALID',
    message: expect.stringContaining('this model has the task text_classification'),
  });
});

test('rows of another model are an error', async () => {
  await expect(withReference(writeWordsPackage('words_embed'), 'a,b\n1,2\n')).rejects.toMatchObject({
    code: 'REFERENCE_INVALID',
    message: expect.stringContaining('has 2 columns for the model (a, b)'),
  });
});

test('vectors have no columns that a guard of the inputs could check', async () => {
  const directory = await withReference(writeWordsPackage('words_embed'), 'text\ngood\n');
  const config = readConfig({ [ENVIRONMENT.model]: directory, [ENVIRONMENT.inputGuard]: 'warn' });
  await expect(createRuntime(config).load()).rejects.toMatchObject({ code: 'REFERENCE_MISSING' });
  expect(() => Model.fromDirectory(directory, { guards: { inputs: 'warn' } })).toThrow(
    expect.objectContaining({ code: 'REFERENCE_MISSING' }),
  );
});
