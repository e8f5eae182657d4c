import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runtimeImageContext } from '../../lib/bundle/image-context.js';
import { Buildah, NODE_BASE } from './buildah.js';

const IMAGE = 'modelship-onnx-test';
const SAGEMAKER_IMAGE = 'modelship-onnx-test-root';
const MODEL = join(import.meta.dirname, '../../examples/iris/model');
interface Output {
  readonly name: string;
  readonly shape: number[];
  readonly data: number[];
}

const MEGABYTE = 1e6;

const buildah = new Buildah();

beforeAll(() => {
  buildah.nodeBase();
  const { directory } = runtimeImageContext({ architecture: process.arch });
  buildah.build(IMAGE, directory);
}, 300_000);

afterAll(() => buildah.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Waits until `url` answers 200, within the test's own time. */
async function ready(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((later) => setTimeout(later, 50));
  }
}

describe('the ONNX image', () => {
  test('adds at most 120 MB to its base', () => {
    expect(buildah.size(IMAGE) - buildah.size(NODE_BASE)).toBeLessThan(120 * MEGABYTE);
  });

  test('runs as a number that is not root, starts without a shell and checks its health', () => {
    const config = buildah.config(IMAGE);
    expect(config.User).toBe('65532:65532');
    expect(config.Entrypoint).toEqual(['node', '/opt/modelship/server.js']);
    expect(config.Healthcheck.Test[0]).toBe('CMD');
    expect(config.Labels).toHaveProperty(['com.amazonaws.sagemaker.capabilities.multi-models'], 'true');
  });

  test('holds no tools that only builds need, and the binaries of one platform', () => {
    const container = buildah.run('from', '--pull-never', IMAGE);
    const run = (...command: string[]) => buildah.run('run', '--isolation', 'chroot', container, '--', ...command);
    expect(run('find', '/usr/bin', '/usr/local/bin', '(', '-name', 'gcc*', '-o', '-name', 'npm*', ')')).toBe('');
    const binaries = run('find', '/opt/modelship/node_modules/onnxruntime-node/bin', '-name', '*.node').split('\n');
    expect(binaries).toEqual([expect.stringContaining(`/linux/${process.arch}/`)]);
  });

  test('answers predictions for a mounted model, and takes SageMaker’s argument `serve`', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = { MODELSHIP_MODEL: '/opt/ml/model', MODELSHIP_PORT: `${port}` };
    buildah.start(IMAGE, ['serve'], environment, [`${MODEL}:/opt/ml/model:ro`]);
    await ready(`${url}/ping`);
    const samples = JSON.parse(readFileSync(join(MODEL, 'samples.json'), 'utf8'));
    const response = await fetch(`${url}/v2/models/iris/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(samples[0].request),
    });
    expect(response.status).toBe(200);
    const { outputs } = (await response.json()) as { outputs: Output[] };
    const expected: Output[] = samples[0].response.outputs;
    expect(outputs.map(({ name, shape }) => ({ name, shape }))).toEqual(
      expected.map(({ name, shape }) => ({ name, shape })),
    );
    for (const [index, { data }] of expected.entries()) {
      for (const [place, value] of data.entries()) expect(outputs[index]!.data[place]).toBeCloseTo(value, 4);
    }
  }, 60_000);

  test('is built as root for SageMaker', () => {
    const { directory } = runtimeImageContext({ architecture: process.arch });
    buildah.build(SAGEMAKER_IMAGE, directory, { RUN_AS: '0:0' });
    expect(buildah.config(SAGEMAKER_IMAGE).User).toBe('0:0');
  }, 60_000);
});
