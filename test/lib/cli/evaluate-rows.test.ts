import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { writeColorPackage } from '../../support/picture-package.js';
import { writeWordsPackage } from '../../support/words-packages.js';
import { IRIS, modelship, ROOT } from './support.js';

const run = promisify(execFile);
const FOLDER = mkdtempSync(join(tmpdir(), 'rows-'));
const DIABETES = join(ROOT, 'examples', 'diabetes', 'model');
const ADDRESSES = join(ROOT, 'examples', 'addresses', 'model');

/** Texts, or the JSON of their entities. */
interface Entities {
  readonly data: readonly string[];
}

function file(name: string, content: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

// The model predicts setosa, versicolor, virginica, virginica: the third label is wrong.
const FLOWERS = [
  [5.1, 3.5, 1.4, 0.2, 'setosa', 'north'],
  [5.7, 2.8, 4.1, 1.3, 'versicolor', 'north'],
  [6.7, 3.0, 5.2, 2.3, 'versicolor', 'south'],
  [6.3, 3.3, 6.0, 2.5, 'virginica', 'south'],
] as const;
const COLUMNS = ['sepal length', 'sepal width', 'petal length', 'petal width', 'species', 'garden'] as const;
const csvOf = (rows: readonly (readonly (string | number)[])[]) =>
  [COLUMNS, ...rows].map((row) => `${row.join(',')}\n`).join('');
const CSV = file('flowers.csv', csvOf(FLOWERS));

/** Rows of 20 kB in a file, and the memory for objects of the process that reads it. */
const LARGE_ROWS = 8192;
const HEAP_MB = 64;

interface Slice {
  readonly slice: string;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const evaluated = async (...args: string[]) => {
  const { code, stdout, stderr } = await modelship('evaluate', IRIS, '--label', 'species', '--by', 'garden', ...args);
  return { code, stderr, json: stdout.startsWith('{') ? JSON.parse(stdout) : undefined, stdout };
};

describe('evaluate --rows', () => {
  test('computes the metrics of a classifier, and those of each slice', async () => {
    const { code, json } = await evaluated('--rows', CSV, '--json');
    expect(code).toBe(0);
    expect(json).toMatchObject({ rows: 4, by: 'garden' });
    expect(json.metrics).toMatchObject({ accuracy: 0.75, recall_macro: (1 + 0.5 + 1) / 3, top_2_accuracy: 1 });
    expect(json.metrics.log_loss).toBeGreaterThan(0);
    expect(json.slices.map(({ slice, rows, metrics }: Slice) => [slice, rows, metrics.accuracy])).toEqual([
      ['north', 2, 1],
      ['south', 2, 0.5],
    ]);
    // The third class has no rows in the north, so its ROC curve is not defined.
    expect(json.slices[0].metrics).not.toHaveProperty('roc_auc');
  });

  test('reads JSON Lines, and classes by their index', async () => {
    const names = ['setosa', 'versicolor', 'virginica'];
    const lines = FLOWERS.map((row) =>
      JSON.stringify(
        Object.fromEntries(
          COLUMNS.map((name, index) => [name, index === 4 ? names.indexOf(String(row[4])) : row[index]]),
        ),
      ),
    );
    const { json } = await evaluated('--rows', file('flowers.jsonl', lines.join('\n')), '--json');
    expect(json).toEqual((await evaluated('--rows', CSV, '--json')).json);
  });

  test('reads Parquet', async () => {
    const { json } = await evaluated('--rows', join(ROOT, 'test/fixtures/flowers.parquet'), '--json');
    expect(json).toEqual((await evaluated('--rows', CSV, '--json')).json);
  });

  test('reads arrays of NumPy, whose only lists are the inputs', async () => {
    const args = ['evaluate', IRIS, '--rows', join(ROOT, 'test/fixtures/rows.npz'), '--label', 'species', '--json'];
    expect(JSON.parse((await modelship(...args)).stdout)).toMatchObject({ rows: 3, metrics: { accuracy: 1 } });
    const lines = FLOWERS.map((row) => JSON.stringify({ x: row.slice(0, 4), species: row[4], garden: row[5] }));
    const { json } = await evaluated('--rows', file('lists.jsonl', lines.join('\n')), '--json');
    expect(json).toEqual((await evaluated('--rows', CSV, '--json')).json);
  });

  test('reads a file larger than its memory', { timeout: 120_000 }, async () => {
    const note = 'x'.repeat(20_000);
    const lines = FLOWERS.map((row) => `${JSON.stringify({ note, features: row.slice(0, 4), species: row[4] })}\n`);
    const path = file('large.jsonl', '');
    for (let written = 0; written < LARGE_ROWS; written += 128) appendFileSync(path, lines.join('').repeat(32));
    expect(statSync(path).size).toBeGreaterThan(2 * HEAP_MB * 1024 ** 2);
    const program = ['--import', 'tsx', join(ROOT, 'bin', 'modelship.ts')];
    const args = ['evaluate', IRIS, '--rows', path, '--label', 'species', '--json'];
    const env = { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json' };
    const heap = `--max-old-space-size=${HEAP_MB}`;
    const { stdout } = await run(process.execPath, [heap, ...program, ...args], { cwd: ROOT, env });
    rmSync(path);
    expect(JSON.parse(stdout)).toMatchObject({ rows: LARGE_ROWS, metrics: { accuracy: 0.75 } });
  });

  test('weights the rows', async () => {
    const weighted = csvOf(FLOWERS).split('\n').filter(Boolean);
    const rows = weighted.map((line, index) => `${line},${index === 0 ? 'weight' : index === 3 ? 5 : 1}`);
    const { json } = await evaluated('--rows', file('weighted.csv', rows.join('\n')), '--weight', 'weight', '--json');
    expect(json.metrics.accuracy).toBe(3 / 8);
  });

  test('gives no metrics for a slice whose rows have no weight', async () => {
    const columns = [...COLUMNS, 'share'].join(',');
    const rows = FLOWERS.map((row) => [...row, row[5] === 'north' ? 1 : 0].join(','));
    const { code, json } = await evaluated(
      '--rows',
      file('slice.csv', [columns, ...rows, ''].join('\n')),
      '--weight',
      'share',
      '--json',
    );
    expect(code).toBe(0);
    expect(json.slices).toMatchObject([
      { slice: 'north', metrics: { accuracy: 1 } },
      { slice: 'south', rows: 2, metrics: {} },
    ]);
    expect(json.slices[1].metrics).toEqual({});
  });

  test('refuses a limit for samples, which would not be checked', async () => {
    const { code, stderr } = await evaluated('--rows', CSV, '--min-agreement', '0.9');
    expect(code).toBe(1);
    expect(stderr).toContain('with --rows, use --min METRIC=VALUE');
  });

  test('computes the metrics of a regression', async () => {
    const rows = `${Array.from({ length: 10 }, (_, index) => `x${index}`).join(',')},y\n${'0,'.repeat(10)}150\n${'0.01,'.repeat(10)}160\n`;
    const args = ['evaluate', DIABETES, '--rows', file('diabetes.csv', rows), '--label', 'y', '--json'];
    const { metrics } = JSON.parse((await modelship(...args)).stdout);
    const { mean_absolute_error: absolute, root_mean_squared_error: squared } = metrics;
    expect(absolute).toBeGreaterThan(0);
    expect(squared).toBeGreaterThanOrEqual(absolute);
  });

  test('compares clusters with labels of other names', async () => {
    const named = file('clusters.csv', csvOf(FLOWERS.map((row) => [...row.slice(0, 4), `group ${row[4]}`, row[5]])));
    const { json } = await evaluated('--rows', named, '--task', 'clustering', '--json');
    // Of six pairs, the labels have only that of the second and third row, and the clusters that of the last two.
    expect(json.metrics.rand_index).toBeCloseTo(4 / 6, 12);
    expect(json.metrics).not.toHaveProperty('accuracy');
    // Computed by scikit-learn.
    expect(json.metrics.silhouette).toBeCloseTo(0.2649284124169337, 6);
    const against = await evaluated(
      '--rows',
      named,
      '--task',
      'clustering',
      '--against',
      IRIS,
      '--metric',
      'silhouette',
    );
    expect(against).toMatchObject({ code: 1, stderr: expect.stringContaining('silhouette is a figure of all rows') });
    const weighted = await evaluated('--rows', named, '--task', 'clustering', '--weight', 'garden');
    expect(weighted).toMatchObject({ code: 1, stderr: expect.stringContaining('--weight has no effect') });
  });

  test('compares the classes of a folder of pictures', async () => {
    const folder = join(FOLDER, 'colors');
    const colors = { red: ['#f00', '#c00'], green: ['#0f0'], blue: ['#00f', '#f00'] };
    for (const [label, backgrounds] of Object.entries(colors)) {
      mkdirSync(join(folder, label), { recursive: true });
      for (const [index, background] of backgrounds.entries()) {
        const picture = sharp({ create: { width: 30, height: 20, channels: 3, background } });
        writeFileSync(join(folder, label, `${index}.jpg`), await picture.jpeg().toBuffer());
      }
    }
    const { stdout } = await modelship('evaluate', writeColorPackage(), '--rows', folder, '--json');
    // The last picture is red, in the folder of blue ones.
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 5,
      metrics: { accuracy: 4 / 5, recall_macro: (1 + 1 + 1 / 2) / 3 },
    });
  });

  test('compares the entities of a model that reads texts', async () => {
    const path = join(ADDRESSES, 'samples.json');
    const samples = JSON.parse(readFileSync(path, 'utf8')) as Record<
      string,
      { inputs: Entities[]; outputs: Entities[] }
    >[];
    const rows = samples.slice(0, 2).map(({ request, response }) => ({
      text: request!.inputs[0]!.data[0]!,
      label: (JSON.parse(response!.outputs[0]!.data[0]!) as { entity_group: string; start: number; end: number }[]).map(
        ({ entity_group: label, start, end }) => ({ label, start, end }),
      ),
    }));
    const [first, second] = rows.map(({ label }) => label.length) as [number, number];
    // The model finds one entity that is not expected, and another whose end is wrong.
    rows[1]!.label.shift();
    rows[1]!.label[0]!.end--;
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    const args = ['evaluate', ADDRESSES, '--rows', file('addresses.jsonl', lines), '--label', 'label', '--json'];
    const { metrics } = JSON.parse((await modelship(...args)).stdout);
    const right = first + second - 2;
    expect(metrics.entity_precision).toBeCloseTo(right / (first + second), 12);
    expect(metrics.entity_recall).toBeCloseTo(right / (first + second - 1), 12);
  });

  test('ranks the rows of each query by a predicted number', async () => {
    const rows = `q,${Array.from({ length: 10 }, (_, index) => `x${index}`).join(',')},y\na,${'0,'.repeat(10)}1\na,${'0.05,'.repeat(10)}0\n`;
    const args = ['evaluate', DIABETES, '--rows', file('ranking.csv', rows), '--label', 'y', '--task', 'ranking'];
    const { stdout } = await modelship(...args, '--query', 'q');
    expect(stdout).toMatch(/^1 queries of /);
    // The larger features have a higher prediction, so that the relevant row is the second.
    expect(stdout).toMatch(/^mean_reciprocal_rank +0\.5000$/m);
    expect(await modelship(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('need each other') });
  });

  test('ranks all documents for each query by the vectors of the model', async () => {
    // The vector of "bad" is that of the first document. "a very good film" is the second of three.
    const rows = 'text,query,relevance\nbad,bad,0\na very good film,bad,1\nvery bad,,\nbad,a very good film,0\n';
    const args = [
      'evaluate',
      writeWordsPackage('words_embed'),
      '--rows',
      file('retrieval.csv', rows),
      '--label',
      'relevance',
    ];
    const { stdout } = await modelship(...args, '--query', 'query', '--task', 'retrieval', '--by', 'query', '--json');
    const { metrics, slices } = JSON.parse(stdout);
    expect(metrics).toMatchObject({ recall_at_1: 0, recall_at_5: 0.5 });
    expect(slices).toMatchObject([
      { slice: 'bad', rows: 1 },
      { slice: 'a very good film', rows: 1, metrics: { ndcg: 0 } },
    ]);
    expect(1 / slices[0].metrics.mean_reciprocal_rank).toBeOneOf([2, 3]);
  });

  test('retrieval needs a model of vectors, and queries', async () => {
    const args = ['--rows', CSV, '--task', 'retrieval'];
    expect(await evaluated(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('need each other') });
    expect(await evaluated(...args, '--query', 'garden')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('needs a model that makes a vector'),
    });
  });

  test('evaluates classes of which several can be right', async () => {
    const { json } = await evaluated('--rows', CSV, '--task', 'multilabel', '--json');
    expect(json.metrics).toMatchObject({ subset_accuracy: 0.75, f1_samples: 0.75 });
  });

  test('measures the robustness', async () => {
    const { code, stdout } = await evaluated('--rows', CSV, '--robustness', '--metric', 'f1_macro');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Robustness by f1_macro on 4 rows drawn from the data set: 0\.7778 without changes$/m);
    expect(stdout).toMatch(/^noise +standard deviations of each column +0\.05 +0\.\d+$/m);
    // The model is a logistic regression, which predicts nothing without a value.
    expect(stdout).toMatch(
      /^missing values +share of the values +0\.05 .*\n +0\.1 .*\n +0\.2 .*\n +0\.4 +none: the predictions are not finite$/m,
    );
    const { json } = await evaluated('--rows', CSV, '--robustness', '--json');
    expect(json.robustness).toMatchObject({ metric: 'accuracy', rows: 4, unchanged: 0.75 });
    expect(json.robustness.changes.at(-1)).toMatchObject({
      name: 'adversarial search',
      levels: [{ level: 0.05 }, {}, {}],
    });
  });

  test('measures how much of the model queries copy', async () => {
    const { stdout } = await evaluated('--rows', CSV, '--extraction', '300');
    expect(stdout).toMatch(
      /^Agreement of copies with the model on 4 rows: share of rows with the same class, 0\.5000 for a constant$/m,
    );
    // The model is a logistic regression.
    expect(stdout).toMatch(/^300 +1 +(0\.\d+|1)$/m);
    const { json } = await evaluated('--rows', CSV, '--extraction', '300', '--json');
    expect(json.extraction).toMatchObject({
      agreement: 'same class',
      rows: 4,
      levels: [{ queries: 10 }, { queries: 30 }, {}],
    });
  });

  test.each(['9', '1.5', 'many'])('%s is not a number of queries', async (queries) => {
    expect(await evaluated('--rows', CSV, '--extraction', queries)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Write a whole number from 10 to 100000'),
    });
  });

  test('measures no robustness of rankings', async () => {
    expect(await evaluated('--rows', CSV, '--task', 'ranking', '--query', 'garden', '--robustness')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--task ranking needs whole queries'),
    });
  });

  test('prints a table', async () => {
    const { stdout } = await evaluated('--rows', CSV);
    expect(stdout).toMatch(/^4 rows of /);
    expect(stdout).toMatch(/^accuracy +0\.7500$/m);
    expect(stdout).toMatch(/^south +2 +0\.5000/m);
  });

  test('fails if a metric is outside its limit', async () => {
    expect((await evaluated('--rows', CSV, '--min', 'accuracy=0.75', '--max', 'log_loss=5')).code).toBe(0);
    expect(await evaluated('--rows', CSV, '--min', 'accuracy=0.8', '--max', 'log_loss=0')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /accuracy is 0.7500, and must be at least 0.8; log_loss is 1\.169, and must be at most 0/,
      ),
    });
  });

  test('fails if a metric with a limit is not defined', async () => {
    const setosa = file('setosa.csv', csvOf(FLOWERS.slice(0, 1)));
    expect(await evaluated('--rows', setosa, '--min', 'roc_auc=0.5')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('roc_auc is not defined for these rows'),
    });
  });

  test.each([
    ['a metric of another task', ['--rows', CSV, '--min', 'r2=0.5'], /r2 is not a metric of this model/],
    ['a metric that does not exist', ['--rows', CSV, '--min', 'acuracy=0.5'], /Metrics: mean_absolute_error/],
    [
      'a label that is not a class',
      ['--rows', file('a.csv', csvOf([[1, 2, 3, 4, 'rose', 'x']]))],
      /row 1 has the label "rose", which is not a class of the model: setosa, versicolor, virginica/,
    ],
    ['a row without a label', ['--rows', file('b.csv', csvOf([[1, 2, 3, 4, '', 'x']]))], /row 1 has no label/],
    [
      'text in a column of numbers',
      ['--rows', file('c.csv', csvOf([[1, 'two', 3, 4, 'setosa', 'x']]))],
      /row 1 has "two" in the column sepal width/,
    ],
    [
      'a column too many',
      ['--rows', file('d.csv', 'a,b,c,d,e,species,garden\n1,2,3,4,5,setosa,x\n')],
      /row 1 has 5 columns for the model \(a, b, c, d, e\), and the model takes 4/,
    ],
    [
      'no column of labels',
      ['--rows', file('e.csv', 'a,b,c,d,garden\n1,2,3,4,x\n')],
      /has no column species, but a, b, c, d, garden/,
    ],
    ['a weight that is not a number', ['--rows', CSV, '--weight', 'garden'], /row 1 has the weight NaN/],
    ['an empty file', ['--rows', file('f.csv', '')], /is empty/],
  ])('%s is an error', async (_name, args, message) => {
    const { code, stderr, stdout } = await evaluated(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(message);
    expect(stdout).toBe('');
  });

  test.each([
    ['--min', 'accuracy=0.9'],
    ['--max', 'log_loss=1'],
    ['--label', 'species'],
    ['--by', 'garden'],
    ['--task', 'clustering'],
    ['--robustness'],
    ['--extraction', '10'],
  ])('%s without a data set is an error', async (option, ...value) => {
    expect(await modelship('evaluate', IRIS, option, ...value)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${option} needs a data set: add --rows FILE`),
    });
  });

  test('the column of the labels must be named', async () => {
    expect(await modelship('evaluate', IRIS, '--rows', CSV)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('add --label COLUMN'),
    });
  });
});
