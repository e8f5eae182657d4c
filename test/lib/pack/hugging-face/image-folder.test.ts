import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@modelship/runtime';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ImageTask, Manifest } from '@modelship/runtime/manifest';
import { loadModel } from '@modelship/runtime/serve';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { shareOf } from '../../../support/share.js';
import { edit, PYTHON } from './support.js';

interface Found {
  readonly label: string;
  readonly score: number | null;
  readonly box?: Readonly<Record<'xmin' | 'ymin' | 'xmax' | 'ymax', number>>;
  readonly mask?: string;
}

type Answer = readonly number[] | readonly Found[];

const root = mkdtempSync(join(tmpdir(), 'modelship-image-folders-'));
let expected: Readonly<Record<string, Answer>>;
let picture: Buffer;

beforeAll(() => {
  execFileSync(PYTHON, [join(__dirname, 'save_image_models.py'), root], { stdio: ['ignore', 'ignore', 'pipe'] });
  expected = JSON.parse(readFileSync(join(root, 'expected.json'), 'utf8'));
  picture = readFileSync(join(root, 'picture.png'));
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function pack(name: string, scores: readonly number[]) {
  const samples = join(root, `${name}.json`);
  writeFileSync(samples, JSON.stringify({ instances: [picture.toString('base64')], predictions: [scores] }));
  return packModel({ source: join(root, name), name, out: join(root, 'packages', name), samples, force: true });
}

/** Returns what a package answers for the picture. */
async function answerOf(directory: string, manifest: Manifest): Promise<Answer> {
  const model = await loadModel(directory, manifest, { threads: 1 });
  try {
    const input: Tensor = { name: 'image', datatype: 'BYTES', shape: [1], data: [picture] };
    const [{ data, datatype }] = (await model.run([input])) as [Tensor];
    return datatype === 'BYTES' ? JSON.parse(String(data[0])) : Array.from(data as Float32Array);
  } finally {
    await model.close();
  }
}

const pixels = (mask: string) => sharp(Buffer.from(mask, 'base64')).toColourspace('b-w').raw().toBuffer();

/** Expects numbers within 1e-5, boxes within a pixel, and masks that differ in less than 0.1 % of their pixels. */
async function expectSame(got: Answer, wanted: Answer): Promise<void> {
  expect(got).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) {
    if (typeof value === 'number') {
      expect(Math.abs((got[index] as number) - value)).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
      continue;
    }
    const { label, score, box, mask } = got[index] as Found;
    expect(label).toBe(value.label);
    if (value.score !== null) expect(score).toBeCloseTo(value.score, 4);
    const limits = { xmin: 120, xmax: 120, ymin: 90, ymax: 90 };
    for (const side of ['xmin', 'ymin', 'xmax', 'ymax'] as const) {
      if (!value.box) break;
      // The pipeline also reports positions outside the picture.
      const inside = Math.min(Math.max(value.box[side], 0), limits[side]);
      expect(Math.abs(box![side] - inside)).toBeLessThanOrEqual(1);
    }
    if (value.mask === undefined) continue;
    const [left, right] = [await pixels(mask!), await pixels(value.mask)];
    expect(left.length).toBe(right.length);
    expect(left.filter((each, at) => each !== right[at]).length).toBeLessThan(left.length * 0.001);
  }
}

const LABELS = ['cat', 'dog', 'fish'];

test.each(['vit', 'deit', 'convnext'])('%s answers for a picture as the pipeline of transformers', async (name) => {
  const scores = expected[name] as number[];
  expect(await pack(name, scores)).toMatchObject({
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'scores', shape: [-1, 3], labels: LABELS }],
    task: { type: 'image_classification', layout: 'NCHW', output: 'logits', activation: 'softmax' },
    samples: { count: 1 },
  });
  const wrong = scores.map((score, index) => score + (index === 0 ? 0.01 : 0));
  await expect(pack(name, wrong)).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
});

/** Folders by their name in `save_image_models.py`, with fields of the task. */
const FOLDERS: readonly (readonly [string, Partial<ImageTask>])[] = [
  ['vit-features', { type: 'image_embedding', output: 'pooler_output' }],
  ['dinov2-features', { type: 'image_embedding', output: 'pooler_output' }],
  ['clip-features', { type: 'image_embedding', output: 'image_embeds', normalize: false }],
  ['yolos', { type: 'object_detection', activation: 'softmax', background: 3 }],
  ['detr', { type: 'object_detection', activation: 'softmax', background: 3, threshold: 0.5 }],
  ['conditional-detr', { type: 'object_detection', activation: 'sigmoid' }],
  ['segformer', { type: 'image_segmentation', output: 'logits', masks: 'png' }],
  ['beit', { type: 'image_segmentation', output: 'logits' }],
  ['mobilevit', { type: 'image_segmentation', output: 'logits' }],
];

test.each(FOLDERS)('%s answers for a picture as transformers, with ONNX weights', async (name, task) => {
  const out = join(root, 'packages', name);
  // Models with boxes take the sizes of one picture here, because their graphs were traced.
  const samples = join(root, 'picture.json');
  writeFileSync(samples, JSON.stringify({ instances: [picture.toString('base64')] }));
  const manifest = await packModel({ source: join(root, name), name, out, samples });
  expect(manifest).toMatchObject({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }], task });
  await expectSame(await answerOf(out, manifest), expected[name]!);
});

test.each(shareOf([...FOLDERS.map(([name]) => name), 'vit', 'deit', 'convnext'], 2))(
  '%s is exported by PyTorch, answers as transformers, and keeps the proof',
  async (name) => {
    vi.stubEnv(ENVIRONMENT.python, PYTHON);
    try {
      const out = join(root, 'exported', name);
      const manifest = await packModel({ source: join(root, name), name, out, weights: 'model.safetensors' });
      expect(manifest.samples.count).toBe(3);
      await expectSame(await answerOf(out, manifest), expected[name]!);
      const origin = JSON.parse(readFileSync(join(out, 'origin.json'), 'utf8'));
      expect(origin).toMatchObject({ weights: 'model.safetensors', exporter: { torch: expect.any(String) } });
      expect(origin.originals).toHaveLength(3);
      expect(origin.largestDifference).toBeLessThan(1e-4);
    } finally {
      vi.unstubAllEnvs();
    }
  },
  300_000,
);

test('a folder of timm has its steps and labels in config.json', async () => {
  const folder = join(root, 'timm');
  mkdirSync(folder);
  copyFileSync(join(root, 'convnext', 'model.onnx'), join(folder, 'model.onnx'));
  const pretrained_cfg = {
    input_size: [3, 32, 32],
    interpolation: 'bicubic',
    crop_pct: 0.8,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  const config = { architecture: 'resnet18', num_classes: 3, label_names: ['a', 'b', 'c'], pretrained_cfg };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  expect(await packModel({ source: folder, name: 'timm', out: join(root, 'packages', 'timm') })).toMatchObject({
    outputs: [{ name: 'scores', shape: [-1, 3], labels: ['a', 'b', 'c'] }],
    task: {
      type: 'image_classification',
      preprocessing: expect.arrayContaining([{ type: 'resize', shortestEdge: 40, filter: 'bicubic' }]),
    },
    samples: { count: 3 },
  });
});

test('a folder whose processor has the name of a feature extractor takes pictures, and no other task', async () => {
  const folder = join(root, 'older');
  cpSync(join(root, 'vit'), folder, { recursive: true });
  const { image_processor_type: _, ...steps } = JSON.parse(
    readFileSync(join(folder, 'preprocessor_config.json'), 'utf8'),
  );
  const older = { ...steps, feature_extractor_type: 'ViTFeatureExtractor' };
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(older));
  const options = { source: folder, name: 'older', out: join(root, 'packages', 'older') };
  expect(await packModel(options)).toMatchObject({ task: { type: 'image_classification' } });
  await expect(packModel({ ...options, task: 'embed', force: true })).rejects.toThrow(/Leave out `--task embed`/);
});

test('labels that do not fit, and models for other tasks, are refused', async () => {
  const folder = (name: string, change: Parameters<typeof edit>[1]) => {
    cpSync(join(root, name), join(root, `${name}-wrong`), { recursive: true });
    edit(join(root, `${name}-wrong`, 'config.json'), change);
    return packModel({ source: join(root, `${name}-wrong`), name, out: join(root, 'packages', 'wrong') });
  };
  const addLabels: Parameters<typeof edit>[1] = ({ id2label }) => Object.assign(id2label, { 3: 'bird', 4: 'bee' });
  await expect(folder('deit', addLabels)).rejects.toThrow(/has 3 classes; config.json has 5/);
  await expect(folder('yolos', addLabels)).rejects.toThrow(/4 classes in logits; config.json has 5/);
  const panoptic = folder('segformer', (json) => {
    json.architectures = ['Mask2FormerForUniversalSegmentation'];
  });
  await expect(panoptic).rejects.toThrow(/Mask2FormerForUniversalSegmentation; of models that take pictures/);
});
