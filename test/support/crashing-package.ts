import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { packModel } from '../../lib/pack/index.js';

export const PYTHON = join(import.meta.dirname, '../../.venv/bin/python');

/** Packs a model named `crashing`, which sums two numbers and ends its process at some: see `crashing_model.py`. */
export async function packCrashing(folder: string): Promise<string> {
  const out = join(folder, 'package');
  const source = join(folder, 'crashing.pkl');
  execFileSync(PYTHON, [join(import.meta.dirname, 'crashing_model.py'), source]);
  const samples = join(folder, 'samples.json');
  const input = { name: 'features', datatype: 'FP64', shape: [1, 2], data: [1, 2] };
  writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  await packModel({ source, out, name: 'crashing', samples, trustPickle: true });
  vi.unstubAllEnvs();
  return out;
}
