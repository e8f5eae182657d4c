import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { SAMPLES_FILE } from '@modelship/runtime/manifest';
import type { Measurement } from '../lib/compare/measurement.js';
import { IRIS, irisPickle, mlp } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { FRAMEWORK_PYTHON, ROOT } from './support/peers.js';
import { inferPost } from './support/posts.js';
import { modelshipPython } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Models by their kind: linear, a network, one in a worker, and two that read texts. */
export const COMPARED = {
  iris: async () => IRIS,
  mlp: () => mlp('mlp.onnx'),
  pickle: irisPickle,
  languages: async () => join(ROOT, 'examples', 'languages', 'model'),
  addresses: async () => join(ROOT, 'examples', 'addresses', 'model'),
} as const;

/** Connections of the load, more than those of the measurement. */
const CONNECTIONS = 32;

/** Requests per second and processor that `modelship compare` measures, beside those of the server under load. */
export async function benchmarkCompare(model: keyof typeof COMPARED, settings: Settings): Promise<Comparison> {
  const modelPackage = await COMPARED[model]();
  const served = { factory: modelshipPython, modelPackage, post: inferPost(modelPackage) };
  const load = throughputSide('the server under load', served, { ...settings, connections: CONNECTIONS });
  const measured = { name: 'modelship compare', run: async () => 1 / measuredBy(modelPackage).cpuSeconds };
  const target = { side: measured.name, atLeast: 0.8, atMost: 1.2 };
  return compare('requests/s', settings.rounds, [load, measured], [target]);
}

/** Measures a package with the request of the load. */
function measuredBy(modelPackage: string): Measurement {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-compare-'));
  try {
    const samples = join(folder, SAMPLES_FILE);
    const [first] = JSON.parse(readFileSync(join(modelPackage, SAMPLES_FILE), 'utf8'));
    writeFileSync(samples, JSON.stringify([first]));
    const args = [join(ROOT, 'dist', 'bin', 'modelship.js'), 'compare', modelPackage, '--samples', samples, '--json'];
    const env = { ...process.env, [ENVIRONMENT.python]: FRAMEWORK_PYTHON };
    return JSON.parse(execFileSync(process.execPath, [...args, '--trust-pickle'], { encoding: 'utf8', env })).measured;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
