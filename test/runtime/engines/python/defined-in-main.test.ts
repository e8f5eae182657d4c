import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refusals } from './refusals.js';

// Models whose functions and classes are defined in the script that saved them.
const folder = mkdtempSync(join(tmpdir(), 'modelship-main-'));

beforeAll(() => {
  const python = join(import.meta.dirname, '../../../../.venv/bin/python');
  execFileSync(python, [join(import.meta.dirname, 'save_from_main.py'), folder]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

it('are refused with the way to save them, which works', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] as const;
  const loads = [
    { module: 'pickle_model', path: join(folder, 'by-name.joblib') },
    { module: 'torch_pickle', path: join(folder, 'by-name.pt'), declared: { inputs } },
    { module: 'pickle_model', path: join(folder, 'with-code.pkl') },
    { module: 'torch_pickle', path: join(folder, 'with-code.pt'), declared: { inputs } },
  ];
  expect(refusals(loads)).toEqual([
    expect.stringMatching(
      /^log is defined in the script or notebook .*`--code FILE`.*`cloudpickle\.dump\(model, file\)`/,
    ),
    expect.stringMatching(/^Net is defined in the script or notebook .*pickle_module=cloudpickle\)`\.$/),
    null,
    null,
  ]);
}, 120_000);
