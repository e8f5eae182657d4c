import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { edit, PYTHON } from './support.js';

const root = mkdtempSync(join(tmpdir(), 'modelship-image-folders-'));
let expected: Readonly<Record<string, readonly number[]>>;

beforeAll(() => {
  execFileSync(PYTHON, [join(__dirname, 'save_image_models.py'), root], { stdio: ['ignore', 'ignore', 'pipe'] });
  expected = JSON.parse(readFileSync(join(root, 'expected.json'), 'utf8'));
}, 300_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function pack(name: string, scores: readonly number[]) {
  const samples = join(root, `${name}.json`);
  const picture = readFileSync(join(root, 'picture.png')).toString('base64');
  writeFileSync(samples, JSON.stringify({ instances: [picture], predictions: [scores] }));
  return packModel({ source: join(root, name), name, out: join(root, 'packages', name), samples, force: true });
}

test.each(['vit', 'deit', 'convnext'])('%s answers for a picture as the pipeline of transformers', async (name) => {
  const labels = ['cat', 'dog', 'fish'];
  expect(await pack(name, expected[name]!)).toMatchObject({
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'scores', shape: [-1, 3], labels }],
    task: { type: 'image_classification', layout: 'NCHW', output: 'logits', activation: 'softmax' },
    samples: { count: 1 },
  });
  const wrong = expected[name]!.map((score, index) => score + (index === 0 ? 0.01 : 0));
  await expect(pack(name, wrong)).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
});

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
    samples: { count: 0 },
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

test('labels that do not fit, and weights of PyTorch, are refused', async () => {
  rmSync(join(root, 'vit', 'model.onnx'));
  await expect(pack('vit', expected.vit!)).rejects.toThrow(/weights of PyTorch for a model that takes pictures/);
  edit(join(root, 'deit', 'config.json'), (json) => {
    json.id2label[3] = 'bird';
  });
  await expect(pack('deit', expected.deit!)).rejects.toThrow(/logits \[-1, 4\] is needed for the 4 classes/);
});
