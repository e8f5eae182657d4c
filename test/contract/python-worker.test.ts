import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runtimeImageContext } from '../../lib/bundle/image-context.js';
import { Model } from '../../lib/model/model.js';
import { packModel } from '../../lib/pack/index.js';
import { freePort } from '../support/free-port.js';
import { expectSamples, StartedRuntime } from './started-runtime.js';

const root = join(import.meta.dirname, '../..');
const python = join(root, '.venv/bin/python');

const SAVE = `
import sys, joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
joblib.dump(LogisticRegression(max_iter=1000).fit(*load_iris(return_X_y=True)), sys.argv[1])
`;

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-bundled-'));
  const source = join(folder, 'model.joblib');
  execFileSync(python, ['-c', SAVE, source]);
  const samples = join(folder, 'samples.json');
  const input = { name: 'features', datatype: 'FP64', shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] };
  writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
  vi.stubEnv('MODELSHIP_PYTHON', python);
  await packModel({ source, out: join(folder, 'package'), name: 'iris', samples, trustPickle: true });
  vi.unstubAllEnvs();
  model = Model.fromDirectory(join(folder, 'package'), { trustPickle: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['the bundle of the package', () => join(root, 'runtime/dist/bundle')],
  [
    'what an image copies',
    () => join(runtimeImageContext({ architecture: process.arch, manifest: model.manifest }).directory, 'runtime'),
  ],
])(
  'the runtime finds its Python worker beside %s',
  async (_, runtime) => {
    const port = await freePort();
    const started = new StartedRuntime({
      command: [process.execPath, join(runtime(), 'server.js')],
      cwd: folder,
      env: {
        MODELSHIP_MODEL: model.directory,
        MODELSHIP_PORT: `${port}`,
        MODELSHIP_PYTHON: python,
        MODELSHIP_TRUST_PICKLE: 'true',
      },
      port,
    });
    try {
      await started.until('/v2/health/ready');
      await expectSamples(model, (path, init) => fetch(started.url + path, init));
    } finally {
      expect(await started.stop()).toBe(0);
    }
  },
  60_000,
);
