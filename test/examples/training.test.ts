import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(__dirname, '..', '..');
const python = join(root, '.venv', 'bin', 'python');

const WRITTEN = ['model.onnx', 'evaluation.json', join('samples', 'requests.json')];

test.each(['iris', 'diabetes'])('training %s again writes the committed files byte for byte', (example) => {
  const committed = join(root, 'examples', example);
  const folder = mkdtempSync(join(tmpdir(), 'modelship-training-'));
  try {
    cpSync(join(committed, 'train.py'), join(folder, 'train.py'));
    const { status, stderr, error } = spawnSync(python, [join(folder, 'train.py')], { encoding: 'utf8' });
    expect(status, error ? `${error.message}: \`node scripts/setup.mjs --for test\` makes .venv` : stderr).toBe(0);

    expect(readdirSync(folder).sort()).toEqual(['evaluation.json', 'model.onnx', 'samples', 'train.py']);
    for (const file of WRITTEN) {
      expect(readFileSync(join(folder, file)).equals(readFileSync(join(committed, file))), file).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the classifier tells flowers that it has not seen apart', () => {
  const evaluation = JSON.parse(readFileSync(join(root, 'examples/iris/evaluation.json'), 'utf8'));
  expect(evaluation.cross_validated_accuracy).toBeGreaterThan(0.93);
  expect(evaluation.accuracy).toBeGreaterThan(0.93);
});

test('the regression does better than always answering the mean', () => {
  const evaluation = JSON.parse(readFileSync(join(root, 'examples/diabetes/evaluation.json'), 'utf8'));
  expect(evaluation.rmse).toBeLessThan(0.8 * evaluation.baseline_rmse);
});
