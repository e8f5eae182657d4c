import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ALL, shareOf } from '../../support/share.js';
import { modelship, ROOT } from '../cli/support.js';
import { PYTHON } from './support.js';

// The command starts its server with the script of its own process, which is that of the tests here.
vi.mock('../../../lib/cli/server-process.js', async () => {
  const { serveLocally } = await import('../../../lib/cli/local.js');
  const { Output } = await import('../../../lib/cli/output.js');
  return {
    startServer: async (directory: string) => ({
      ...(await serveLocally(directory, { trustPickle: true }, new Output(true))),
      pid: process.pid,
    }),
  };
});

afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

/** Model of save_models.py, its file, and a conversion. */
type Case = readonly [kind: string, file: string, conversion: string];

/** Cases whose converters are in the environment of the tests. */
const INSTALLED: readonly Case[] = [
  ['cnn', 'model.pt2', 'fp16'],
  ['transformer', 'model.pt2', 'int8'],
];

/** Further cases, which only `npm run test:all` runs. `--install` installs their converters. */
const OTHERS: readonly Case[] = [
  ['cnn', 'model.pt2', 'onnx'],
  ['transformer', 'model.pt2', 'onnx'],
  ['logistic_regression', 'model.pkl', 'onnx'],
  ['random_forest', 'model.pkl', 'onnx'],
  ['gradient_boosting', 'model.pkl', 'onnx'],
  ['support_vectors', 'model.pkl', 'onnx'],
  ['perceptron', 'model.pkl', 'int8'],
  ['perceptron', 'model.pkl', 'graph'],
  ['naive_bayes', 'model.pkl', 'onnx'],
  ['decision_tree', 'model.pkl', 'onnx'],
  ['lightgbm', 'model.txt', 'onnx'],
  ['xgboost', 'model.json', 'onnx'],
  ['keras', 'model', 'onnx'],
];

/** Milliseconds of a case, which trains a model and loads its framework several times. */
const TIMEOUT = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'conversions-'));
const TRUST = '--trust-pickle';

/** Trains and packs a model once. Returns the folder of its data set and its package. */
async function trained(kind: string, file: string): Promise<string> {
  const own = join(folder, kind);
  if (existsSync(join(own, 'package'))) return own;
  // Several threads would wait for each other on a busy machine.
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  execFileSync(PYTHON, [join(__dirname, 'save_models.py'), kind, own], { stdio: 'pipe', env });
  // Labels stand at the default signature, to which Keras gives a second name.
  const labels = kind === 'keras' ? ['--labels', '0,1,2,3,4,5,6,7,8,9'] : [];
  const samples = ['--samples', join(own, 'samples.json')];
  const args = ['--name', kind, '--out', join(own, 'package'), ...samples, ...labels, TRUST, '--json'];
  expect(await modelship('pack', join(own, file), ...args)).toMatchObject({ code: 0, stderr: '' });
  return own;
}

test.each(ALL ? [...INSTALLED, ...OTHERS] : shareOf(INSTALLED, 1))(
  '%s (%s) by %s answers as before',
  async (kind, file, conversion) => {
    vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
    vi.stubEnv('XDG_CACHE_HOME', join(ROOT, '.cache'));
    const own = await trained(kind, file);
    const data = ['--rows', join(own, 'rows.csv'), '--label', 'y'];
    const out = join(own, conversion);
    const options = ['--to', conversion, '--out', out, ...data, TRUST, ...(ALL ? ['--install'] : []), '--json'];
    const { code, stdout, stderr } = await modelship('optimize', join(own, 'package'), ...options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const proof = JSON.parse(stdout);
    expect(proof).toMatchObject({ samples: { count: 3, differing: 0 }, rows: { count: 100, differing: 0 } });
    expect(proof.evaluation.verdict).not.toBe('worse');
    if (/fp16|int8/.test(conversion)) expect(proof.after.bytes).toBeLessThan(proof.before.bytes);
    // The new package answers without Python, and with the same metrics.
    vi.stubEnv('MODELSHIP_PYTHON', join(own, 'no-python'));
    const evaluated = await modelship('evaluate', out, ...data, '--json');
    expect(evaluated).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(evaluated.stdout).metrics).toEqual(proof.evaluation.optimized);
  },
  TIMEOUT,
);
