import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IRIS, SERVER, StartedRuntime } from '../contract/started-runtime.js';
import { freePort } from '../support/free-port.js';
import { EVERY_NODE } from '../support/nodes.js';

// The other tests run with the Node that is installed here. Images, Lambda and Azure Functions have others.
const root = join(__dirname, '..', '..');
const cli = join(root, 'dist', 'bin', 'modelship.js');
const iris = join(root, 'examples', 'iris');
const REQUEST = { instances: [[5.1, 3.5, 1.4, 0.2]] };

describe.each(EVERY_NODE)('on Node $major', ({ major, path }) => {
  let folder: string;
  let started: StartedRuntime | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'modelship-node-'));
  });
  afterEach(async () => {
    await started?.stop();
    started = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const modelship = (...args: string[]) => execFileSync(path, [cli, ...args], { cwd: folder, encoding: 'utf8' });

  async function predict(): Promise<unknown> {
    const response = await fetch(`${started!.url}/v1/models/iris:predict`, {
      method: 'POST',
      body: JSON.stringify(REQUEST),
    });
    expect(response.status).toBe(200);
    return response.json();
  }

  test('the version is the one that is named', () => {
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${major}\\.`));
  });

  test('the bundled server runs the samples, and predicts', async () => {
    const port = await freePort();
    const env = { MODELSHIP_MODEL: IRIS.directory, MODELSHIP_PORT: `${port}` };
    started = new StartedRuntime({ command: [path, SERVER], env, port });
    await started.until('/v2/health/ready');
    expect(await predict()).toMatchObject({ predictions: [{ label: 0 }] });
  });

  test('the command packs the same package, and serves it', async () => {
    const samples = join(iris, 'samples', 'requests.json');
    const labels = 'setosa,versicolor,virginica';
    modelship('pack', join(iris, 'model.onnx'), '--name', 'iris', '--samples', samples, '--labels', labels);
    const manifest = (directory: string) => readFileSync(join(directory, 'model.json'), 'utf8');
    expect(manifest(join(folder, 'iris'))).toBe(manifest(IRIS.directory));

    const port = await freePort();
    const command = [path, cli, 'serve', 'iris', '--port', `${port}`] as const;
    started = new StartedRuntime({ command, cwd: folder, env: {}, port });
    await started.until('/v2/health/ready');
    expect(await predict()).toMatchObject({ predictions: [{ label: 0 }] });
  });
});
