import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorSpec } from '@modelship/runtime';
import { MANIFEST_FILE, packageDigest, readManifest } from '@modelship/runtime/manifest';
import { expect, test } from 'vitest';
import { comparisonOf } from '../../../lib/evaluate/comparison/comparison.js';
import { evaluationOf } from '../../../lib/evaluate/tasks/index.js';
import { IRIS, modelship, ROOT } from './support.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'against-'));

// Flowers whose class the model predicts right.
const FLOWERS = ['5.1,3.5,1.4,0.2,setosa', '5.7,2.8,4.1,1.3,versicolor', '6.3,3.3,6.0,2.5,virginica'];

/** Writes a data set of some rows. */
function rows(count: number): string {
  const path = join(FOLDER, `${count}.csv`);
  const lines = Array.from({ length: count }, (_, index) => FLOWERS[index % FLOWERS.length]);
  writeFileSync(path, ['a,b,c,d,species', ...lines, ''].join('\n'));
  return path;
}

/** Writes a version of the model that predicts virginica for versicolor, and the reverse. */
function swapped(): string {
  const directory = join(FOLDER, 'swapped');
  cpSync(IRIS, directory, { recursive: true });
  const { digest: _, ...manifest } = readManifest(IRIS);
  const outputs = manifest.outputs.map((output) => ({
    ...output,
    ...(output.labels && { labels: ['setosa', 'virginica', 'versicolor'] }),
  }));
  const changed = { ...manifest, outputs };
  writeFileSync(join(directory, MANIFEST_FILE), JSON.stringify({ ...changed, digest: packageDigest(changed) }));
  return directory;
}

const SWAPPED = swapped();

const compared = async (version: string, baseline: string, count: number, ...args: string[]) => {
  const data = ['--rows', rows(count), '--label', 'species'];
  const { code, stdout, stderr } = await modelship('evaluate', version, '--against', baseline, ...data, ...args);
  return { code, stderr: stderr.replaceAll(/\s+/g, ' '), stdout };
};

test('a version that predicts the same is not worse, if there are enough rows', async () => {
  const { code, stdout } = await compared(IRIS, IRIS, 600, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).comparison).toMatchObject({
    against: IRIS,
    metric: 'accuracy',
    test: 'McNemar',
    gain: 0,
    pValue: 1,
    verdict: 'not worse',
    metrics: { accuracy: 1 },
  });
  const few = await compared(IRIS, IRIS, 60);
  expect(few).toMatchObject({ code: 1, stderr: expect.stringMatching(/do not show .* Add \d+ rows/) });
  expect(few.stdout).toMatch(/needs \d+ more rows, at a margin of 0\.01/);
});

test('a worse version fails the command', async () => {
  const { code, stdout, stderr } = await compared(SWAPPED, IRIS, 60);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^accuracy +0\.3333 +1$/m);
  expect(stdout).toMatch(/^accuracy against .*: gain -0\.6667, 95 % interval -0\.\d+ to -0\.\d+ \(McNemar, p = /m);
  expect(stdout).toMatch(/^worse, at a margin of 0\.01$/m);
  expect(stderr).toMatch(/accuracy is worse than that of .*, by 0\.6667/);
  expect(await compared(IRIS, SWAPPED, 60)).toMatchObject({ code: 0 });
});

test('other metrics are compared by the bootstrap, and lower errors are better', async () => {
  const { code, stdout } = await compared(SWAPPED, IRIS, 60, '--metric', 'log_loss', '--json');
  expect(code).toBe(1);
  const { comparison, metrics } = JSON.parse(stdout);
  expect(comparison).toMatchObject({ test: 'paired bootstrap', verdict: 'worse' });
  expect(comparison.gain).toBeCloseTo(comparison.metrics.log_loss - metrics.log_loss, 12);
  expect(comparison.gain).toBeLessThan(0);
});

test('models of other tasks cannot be compared', async () => {
  const diabetes = join(ROOT, 'examples', 'diabetes', 'model');
  const { code, stderr } = await compared(IRIS, diabetes, 3);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the models have other tasks: the first has metrics of labels, and .* of numbers/);
});

test('a prediction of the baseline that is not finite is the error, by its row', () => {
  const spec: TensorSpec = { name: 'y', datatype: 'FP64', shape: [-1] };
  const [version, baseline] = [2, Number.NaN].map((second) => {
    const evaluation = evaluationOf([spec]);
    const rows = [1, 2].map((label) => ({ place: `row ${label}`, label }));
    evaluation.add(rows, [{ ...spec, shape: [2], data: Float64Array.of(1, second) }]);
    return evaluation;
  });
  expect(() => comparisonOf(version!, baseline!, { against: 'earlier' })).toThrow(
    /^row 2 has NaN in the predicted values/,
  );
});

test('a metric in the unit of the labels needs a margin', async () => {
  const diabetes = join(ROOT, 'examples', 'diabetes', 'model');
  const data = join(FOLDER, 'diabetes.csv');
  const names = Array.from({ length: 10 }, (_, index) => `x${index}`).join(',');
  writeFileSync(
    data,
    `${names},y\n${Array.from({ length: 40 }, (_, row) => `${`${row / 1000},`.repeat(10)}${150 + row}\n`).join('')}`,
  );
  const args = ['evaluate', diabetes, '--against', diabetes, '--rows', data, '--label', 'y'];
  expect(await modelship(...args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^r2 against/m) });
  const squared = [...args, '--metric', 'root_mean_squared_error'];
  const { code, stderr } = await modelship(...squared);
  expect(code).toBe(1);
  expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/has the unit of the labels.* with --margin/);
  expect(await modelship(...squared, '--margin', '0.5')).toMatchObject({ code: 0 });
});

test.each([
  [['--margin', '0'], /Write a number above 0/],
  [['--metric', 'acuracy'], /Write one of the metrics: mean_absolute_error/],
  [['--metric', 'r2'], /r2 is not a metric of this model/],
])('%j is an error', async (args, message) => {
  const { code, stderr } = await compared(IRIS, IRIS, 3, ...args);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
});

test.each(['--metric', '--margin'])('%s needs --against', async (option) => {
  const value = option === '--metric' ? 'accuracy' : '0.1';
  const { code, stderr } = await modelship('evaluate', IRIS, '--rows', rows(3), '--label', 'species', option, value);
  expect(code).toBe(1);
  expect(stderr).toContain(`${option} is about two versions: add --against TARGET`);
});
