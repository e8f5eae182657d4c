import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BatchCompute, BatchModel } from '../../lib/gcp/index.js';
import { googleStack, minimal, only, type Template, template } from '../lib/gcp/support.js';
import { GoogleStorage } from '../support/google-storage.js';
import { golden, lines, rows, WRONG } from './batch-rows.js';
import { mountBucket, variables } from './google-host.js';
import { expectClose, IRIS, SERVER } from './started-runtime.js';

interface Ended {
  readonly code: number | null;
  readonly log: string;
}

let google: GoogleStorage;

const stack = googleStack();
new BatchModel(stack, 'Batch', {
  compute: BatchCompute.job({ model: IRIS, image: minimal.image, rowsPerRequest: 3 }),
  region: minimal.region,
  inputBucket: 'batches',
});
const synthesized = template(stack);
const container: Template = only(synthesized, 'google_cloud_run_v2_job').template.template.containers[0];
const environment = variables(container.env);
const [mount] = container.volume_mounts;
const model = environment.MODELSHIP_MODEL!.replace(mount.mount_path, mountBucket(synthesized, IRIS));

/**
 * Runs a task of the job as Cloud Run does, to its end: with the bucket mounted, and the names of the execution and the task.
 *
 * @param key argument that the start of the execution overrides. Default: the argument of the job
 * @param more variables that the start overrides, and those of the task
 */
async function run(
  execution: string,
  [key]: readonly string[] = container.args,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    ...google.env,
    ...environment,
    MODELSHIP_MODEL: model,
    CLOUD_RUN_EXECUTION: execution,
    CLOUD_RUN_TASK_INDEX: '0',
    CLOUD_RUN_TASK_COUNT: '1',
    ...more,
  };
  const child = spawn(process.execPath, [SERVER, ...(key ? [key] : [])], { env, stdio: 'pipe' });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  const [code] = await once(child, 'close');
  return { code, log };
}

const put = (name: string, content: string) => google.objects.set(`batches/batch/input/${name}`, Buffer.from(content));
const read = (name: string) => google.objects.get(`batches/batch/output/${name}`)?.toString();
const written = () => [...google.objects.keys()].filter((name) => name.includes('/output/')).sort();
const parsed = (name: string) =>
  read(name)!
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

function expectGolden(predictions: readonly Record<string, number | number[]>[], expected = rows): void {
  expect(predictions).toHaveLength(expected.length);
  for (const [index, { golden: outputs }] of expected.entries()) {
    for (const [output, values] of Object.entries(outputs)) {
      expectClose(IRIS, [predictions[index]![output]!].flat(), values);
    }
  }
}

describe('the image as a task of a job', () => {
  beforeAll(async () => {
    google = await GoogleStorage.start();
  });
  afterAll(() => google.stop());
  beforeEach(() => google.objects.clear());

  test('writes the golden predictions of a file, a line for each row', async () => {
    put('rows.jsonl', `\n${golden.trimEnd()}`);
    put('rows.jsonl.old', lines(WRONG));
    const { code, log } = await run('one', ['batch/input/rows.jsonl']);
    expect(`${code} ${code === 0 ? '' : log}`).toBe('0 ');
    expect(written()).toEqual(['batches/batch/output/one/rows.jsonl.out']);
    expectGolden(parsed('one/rows.jsonl.out'));
    expect(log).toContain(`"rows":${rows.length}`);
  });

  test('keeps the order of the rows over many requests and parts', async () => {
    const times = 8_000;
    put('many.jsonl', golden.repeat(times));
    google.failures.push(503, 429, 500);
    const { code } = await run('many', ['batch/input/many.jsonl'], {
      MODELSHIP_BATCH_ROWS_PER_REQUEST: '1000',
      MODELSHIP_BATCH_CONCURRENCY: '8',
    });
    expect(code).toBe(0);
    const labels = rows.map(({ golden: outputs }) => outputs.label![0]);
    expect(parsed('many/many.jsonl.out').map(({ label }) => label)).toEqual(
      Array<typeof labels>(times).fill(labels).flat(),
    );
  });

  test('reports the wrong rows alone, and predicts the others, as far as tolerated', async () => {
    const good = rows.slice(0, 5).map(({ line }) => line);
    put('rows.jsonl', `${lines(...good.slice(0, 2), WRONG, ...good.slice(2))}{"features": \n`);
    const { code, log } = await run('tolerant', ['batch/input/rows.jsonl'], {
      MODELSHIP_BATCH_TOLERATED_FAILURE_PERCENT: '30',
    });
    expect(code).toBe(0);
    const predictions = parsed('tolerant/rows.jsonl.out');
    expect([predictions[2], predictions[6]]).toEqual([null, null]);
    expectGolden(
      predictions.filter((prediction) => prediction !== null),
      rows.slice(0, 5),
    );
    expect(parsed('tolerant/rows.jsonl.failed')).toEqual([
      { row: 3, error: expect.stringMatching(/^400: .*features/), input: WRONG },
      { row: 7, error: expect.stringMatching(/^400: /), input: '{"features": ' },
    ]);
    // Rows can be confidential.
    expect(log).not.toContain('features');
  });

  test('gives up a file at its first wrong row by default, and predicts the other files', async () => {
    put('day/a.jsonl', lines(rows[0]!.line, WRONG));
    put('day/b/c.jsonl', golden);
    const { code } = await run('strict', ['batch/input/day/']);
    expect(code).toBe(1);
    expect(written()).toEqual([
      'batches/batch/output/strict/a.jsonl.failed',
      'batches/batch/output/strict/b/c.jsonl.out',
    ]);
    expectGolden(parsed('strict/b/c.jsonl.out'));
  });

  test('continues after a restart with the files that are not finished', async () => {
    for (const name of ['a', 'b', 'c']) put(`${name}.jsonl`, golden);
    const output = 'batches/batch/output/again';
    google.objects.set(`${output}/a.jsonl.out`, Buffer.from('finished'));
    google.objects.set(`${output}/b.jsonl.failed`, Buffer.from('given up'));
    const { code } = await run('again');
    expect(code).toBe(1);
    expect([read('again/a.jsonl.out'), read('again/b.jsonl.failed')]).toEqual(['finished', 'given up']);
    expect(read('again/b.jsonl.out')).toBeUndefined();
    expectGolden(parsed('again/c.jsonl.out'));
  });

  test('shares the files with the other tasks', async () => {
    for (let file = 0; file < 7; file++) put(`${file}.jsonl`, lines(rows[0]!.line));
    const tasks = await Promise.all(
      ['0', '1'].map((index) =>
        run('shared', container.args, { CLOUD_RUN_TASK_INDEX: index, CLOUD_RUN_TASK_COUNT: '2' }),
      ),
    );
    expect(tasks.map(({ code }) => code)).toEqual([0, 0]);
    expect(written()).toHaveLength(7);
    expect(tasks.map(({ log }) => log.split('predicted a file').length - 1)).toEqual([4, 3]);
  });

  test('writes an empty file of predictions for a file without rows', async () => {
    put('empty.jsonl', '');
    expect((await run('empty', ['batch/input/empty.jsonl'])).code).toBe(0);
    expect(read('empty/empty.jsonl.out')).toBe('');
  });

  test.each([
    ['a file that does not exist', 'batch/input/none.jsonl', {}, 'gs://batches/batch/input/none.jsonl does not exist'],
    ['no file', '', {}, 'a batch needs the name of a file'],
    ['an output that is no folder', 'x', { MODELSHIP_BATCH_OUTPUT: 'gs://batches/out' }, 'MODELSHIP_BATCH_OUTPUT: got'],
    ['another digest of the model', 'x', { MODELSHIP_MODEL_DIGEST: `sha256:${'0'.repeat(64)}` }, 'digest'],
  ])('fails with the cause for %s', async (_, key, more, cause) => {
    const { code, log } = await run('wrong', [key], more);
    expect(code).toBe(1);
    expect(log).toContain(cause);
    expect(written()).toEqual([]);
  });
});
