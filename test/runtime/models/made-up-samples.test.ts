import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError, type Tensor } from '@modelship/runtime';
import { type Manifest, readManifest } from '@modelship/runtime/manifest';
import type { LoadedModel } from '@modelship/runtime/serve';
import { afterAll, describe, expect, it } from 'vitest';
import { runMadeUpSamples } from '../../../runtime/src/models/samples.js';
import { ServedVersion } from '../../../runtime/src/models/served-version.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { writePackage } from '../../support/packages.js';

const ECHO = readFileSync(join(import.meta.dirname, '../../fixtures/echo_int64.onnx'));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A sample of the model `echo`, which responds with its input. */
function sample(x: number, y: number, shape = [1, 2]) {
  const tensor = (name: string, value: number) => {
    return { name, datatype: 'INT64', shape, data: Array(shape[0]! * shape[1]!).fill(value) };
  };
  return { request: { inputs: [tensor('x', x)] }, response: { outputs: [tensor('y', y)] } };
}

/** Loads the model `echo` with samples. */
async function load(samples: readonly object[], madeUp?: true) {
  const directory = writePackage({
    name: 'echo',
    inputs: [{ name: 'x', datatype: 'INT64', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'INT64', shape: [-1, 2] }],
    samples: { count: samples.length, tolerance: { absolute: 0, relative: 0 }, ...(madeUp && { madeUp }) },
    content: { 'model.onnx': ECHO, 'samples.json': JSON.stringify(samples) },
  });
  folders.push(directory);
  const lines: string[] = [];
  const metrics = new RuntimeMetrics();
  const version = new ServedVersion(
    { manifest: readManifest(directory), fetch: async () => ({ directory, dispose: async () => {} }) },
    { maxQueue: 1, timeoutSeconds: 10, metrics, logger: new Logger('warn', (line) => lines.push(line)) },
  );
  await version.load();
  const [line] = metrics
    .text(processFigures(0))
    .split('\n')
    .filter((each) => each.startsWith('modelship_differing_samples'));
  await version.retire();
  return { log: lines.join(''), examples: version.examples.length, differing: Number(line!.split(' ').at(-1)) };
}

describe('a made-up sample', () => {
  it('that gets another response is a warning and a metric, and its model is served', async () => {
    const { log, examples, differing } = await load([sample(1, 1), sample(1, 2)], true);
    expect(log).toMatch(
      /"level":"warn".*1 of 2 made-up samples get other responses.*sample 1: y\[0\] is 1, expected 2/,
    );
    expect(examples).toBe(2);
    expect(differing).toBe(1);
  });

  it('that gets the same response is not reported', async () => {
    expect(await load([sample(1, 1)], true)).toEqual({ log: '', examples: 1, differing: 0 });
  });
});

it('a made-up sample that the model rejects is reported, and is no example', async () => {
  const manifest = { samples: { tolerance: { absolute: 0, relative: 0 } } } as Manifest;
  const x = (value: number): Tensor => ({ name: 'x', datatype: 'FP32', shape: [1], data: Float32Array.of(value) });
  const model: LoadedModel = {
    signatures: {},
    async run(inputs) {
      if (inputs[0]!.data[0] === 2) throw new InferenceError('INVALID_ARGUMENT', 'x must not be 2');
      return [...inputs];
    },
    async close() {},
  };
  const samples = [1, 2].map((value) => ({ inputs: [x(value)], outputs: [x(value)] }));
  expect(await runMadeUpSamples(model, manifest, samples)).toEqual({
    accepted: [samples[0]],
    differences: ['sample 1 is rejected: x must not be 2'],
  });
});

it('a sample of a user that gets another response blocks the start', async () => {
  await expect(load([sample(1, 1), sample(1, 2)])).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
});
