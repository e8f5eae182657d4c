import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runtimeImageContext } from '../../lib/bundle/image-context.js';
import { lambdaImageContext } from '../../lib/bundle/lambda-image-context.js';
import { Model } from '../../lib/model/model.js';
import { packModel } from '../../lib/pack/index.js';
import { ImageDeployment } from '../contract/image-deployment.js';
import { LambdaEnvironment } from '../contract/lambda-interface.js';
import { expectSamples, IRIS } from '../contract/started-runtime.js';
import { freePort } from '../support/free-port.js';
import { shareOf } from '../support/share.js';
import { Buildah, NODE_BASE, PYTHON_BASE } from './buildah.js';
import { pipMounts } from './pip.js';

// One file, because what it builds shares layers.
const ONNX_IMAGE = 'modelship-onnx-test';
const PYTHON_IMAGE = 'modelship-python-test';
const LAMBDA_IMAGE = 'modelship-lambda-test';
const NETWORK_IMAGE = 'modelship-network-test';

const MEGABYTE = 1e6;
const architecture = process.arch;
const buildah = new Buildah();

beforeAll(() => buildah.pythonBase(), 300_000);
afterAll(() => buildah.close());

/** Waits until `url` answers 200, within the test's own time. */
async function ready(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** What only builds need, by its names. */
function buildTools(image: string): string {
  const names = ['gcc*', 'cc', 'npm*', 'npx', 'yarn*', 'pip', 'pip3*', 'setuptools'];
  const tests = names.flatMap((name) => ['-o', '-name', name]).slice(1);
  // Node's own headers and Debian's templates are no tools.
  return buildah.output(image, 'find', '/usr/bin', '/usr/local', '/opt', '(', ...tests, ')');
}

describe('the ONNX image', () => {
  beforeAll(() => buildah.build(ONNX_IMAGE, runtimeImageContext({ architecture }).directory), 300_000);

  test('adds at most 120 MB to its base', () => {
    expect(buildah.size(ONNX_IMAGE) - buildah.size(NODE_BASE)).toBeLessThan(120 * MEGABYTE);
  });

  test('runs as a number that is not root, starts without a shell, checks its health and reports to nobody', () => {
    const config = buildah.config(ONNX_IMAGE);
    expect(config.User).toBe('65532:65532');
    expect(config.Entrypoint).toEqual(['node', '/opt/modelship/server.js']);
    expect(config.Healthcheck.Test[0]).toBe('CMD');
    expect(config.Labels).toHaveProperty(['com.amazonaws.sagemaker.capabilities.multi-models'], 'true');
    expect(config.Env).toContain('ORT_DISABLE_TELEMETRY=1');
  });

  test('runs nothing while it is built, so that a machine of any processor can build it', () => {
    expect(readFileSync(join(runtimeImageContext({ architecture }).directory, 'Dockerfile'), 'utf8')).not.toMatch(
      /^RUN/m,
    );
  });

  test('holds the binaries of one platform', () => {
    const bin = '/opt/modelship/node_modules/onnxruntime-node/bin';
    const binaries = buildah.output(ONNX_IMAGE, 'find', bin, '-name', '*.node').split('\n');
    expect(binaries).toEqual([expect.stringContaining(`/linux/${architecture}/`)]);
  });

  test('answers predictions and its health check for a mounted model, and takes SageMaker’s argument `serve`', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = { MODELSHIP_MODEL: '/opt/ml/model', MODELSHIP_PORT: `${port}` };
    buildah.start(ONNX_IMAGE, ['serve'], environment, [`${IRIS.directory}:/opt/ml/model:ro`]);
    await ready(`${url}/ping`);
    await expectSamples(IRIS, (path, init) => fetch(url + path, init));
    const [, ...check] = buildah.config(ONNX_IMAGE).Healthcheck.Test;
    buildah.output(ONNX_IMAGE, 'env', `MODELSHIP_PORT=${port}`, ...check);
    expect(() => buildah.output(ONNX_IMAGE, 'env', 'MODELSHIP_PORT=1', ...check)).toThrow();
  }, 60_000);

  test('is built by CodeBuild from what a deployment uploads, as root for SageMaker', async () => {
    const deployment = await ImageDeployment.start(buildah.base);
    try {
      await deployment.provision('runtime', deployment.context);
      const event = deployment.event('Create');
      const { log } = await deployment.build('runtime', event);
      const { Status, Data } = deployment.waiting.answerTo(event);
      expect({ Status, log }).toMatchObject({ Status: 'SUCCESS' });
      const { imageManifest, imageId } = await deployment.image('runtime');
      expect(Data).toEqual({ Digest: imageId.imageDigest });
      const image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:${deployment.tag}`;
      const { User, Entrypoint } = buildah.config(image);
      expect({ User, Entrypoint }).toEqual({ User: '0:0', Entrypoint: ['node', '/opt/modelship/server.js'] });
      expect(JSON.parse(imageManifest).layers.length).toBeGreaterThan(1);
      buildah.run('rmi', image);
    } finally {
      await deployment.stop();
    }
  }, 300_000);
});

describe('the Python image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-images-'));
  const python = join(import.meta.dirname, '../../.venv/bin/python');

  async function packed(file: string): Promise<Model> {
    const { name } = parse(file);
    const out = join(folder, name);
    const samples = join(folder, 'samples.json');
    const input = { name: 'features', datatype: 'FP64', shape: [2, 4], data: [5.1, 3.5, 1.4, 0.2, 6.7, 3, 5.2, 2.3] };
    writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
    await packModel({ source: join(folder, file), out, name, samples, trustPickle: true });
    return Model.fromDirectory(out, { trustPickle: true });
  }

  /** Serves models from an image as hosts do, and asks for their samples. */
  async function expectServed(image: string, served: readonly Model[]): Promise<void> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = { MODELSHIP_MODEL: '/models', MODELSHIP_PORT: `${port}`, MODELSHIP_TRUST_PICKLE: 'true' };
    const mounts = served.map(({ name, directory }) => `${directory}:/models/${name}`);
    buildah.startReadOnly(image, environment, mounts);
    await ready(`${url}/v2/health/ready`);
    for (const model of served) await expectSamples(model, (path, init) => fetch(url + path, init));
  }

  /** Returns a context whose lock has both frameworks, so that one image is built and not two. */
  function contextOfBoth(): string {
    const [directory, other] = (['pickle', 'lightgbm'] as const).map(
      (format) => runtimeImageContext({ architecture, manifest: { format } }).directory,
    );
    const context = join(folder, 'python-context');
    cpSync(directory!, context, { recursive: true });
    const entries = [directory!, other!].flatMap((each) =>
      readFileSync(join(each, 'requirements.txt'), 'utf8').split(/^(?=\S)/m),
    );
    writeFileSync(join(context, 'requirements.txt'), [...new Set(entries)].join(''));
    return context;
  }

  let models: Model[];
  beforeAll(async () => {
    execFileSync(python, [join(import.meta.dirname, 'save_models.py'), folder]);
    vi.stubEnv('MODELSHIP_PYTHON', python);
    models = [await packed('logistic.joblib'), await packed('boosted.txt')];
    vi.unstubAllEnvs();
    buildah.build(PYTHON_IMAGE, contextOfBoth(), {}, pipMounts());
  }, 300_000);

  test('adds at most 500 MB to its base', () => {
    expect(buildah.size(PYTHON_IMAGE) - buildah.size(PYTHON_BASE)).toBeLessThan(500 * MEGABYTE);
  });

  test('is configured as the ONNX image is, with an init process that reaps workers', () => {
    const { Env: _, ...config } = buildah.config(PYTHON_IMAGE);
    const { Env: __, ...onnx } = buildah.config(ONNX_IMAGE);
    expect(config).toMatchObject({
      User: onnx.User,
      Entrypoint: ['tini', '--', ...onnx.Entrypoint],
      Healthcheck: onnx.Healthcheck,
      Labels: { 'com.amazonaws.sagemaker.capabilities.multi-models': 'true' },
    });
  });

  test('holds no tools that only builds need', () => {
    expect(buildTools(PYTHON_IMAGE)).toBe('');
  });

  test('answers predictions of scikit-learn and LightGBM, not as root, on a file system that is read-only', async () => {
    await expectServed(PYTHON_IMAGE, models);
  }, 60_000);

  test('answers Lambda, in an image of its own with the model in it', async () => {
    const [model] = models;
    const { directory } = lambdaImageContext({ architecture, model: model! });
    // The stage of the server is the image that is there already.
    const context = join(folder, 'lambda-context');
    cpSync(directory, context, { recursive: true });
    const stages = readFileSync(join(directory, 'Dockerfile'), 'utf8');
    const last = stages
      .slice(stages.lastIndexOf('FROM server'))
      .replace('FROM server', `FROM localhost/${PYTHON_IMAGE}`);
    writeFileSync(join(context, 'Dockerfile'), last);
    buildah.build(LAMBDA_IMAGE, context);
    const command = (runtimeApi: string) =>
      buildah.command(LAMBDA_IMAGE, ['streamingHandler'], {
        MODELSHIP_TRUST_PICKLE: 'true',
        AWS_LAMBDA_RUNTIME_API: runtimeApi,
      });
    const lambda = new LambdaEnvironment({ handler: '', codeFolder: folder, environment: {}, command });
    await lambda.start();
    try {
      await expectSamples(model!, async (path, { method, body }) => {
        const answer = await lambda.stream({ httpMethod: method, path, headers: {}, body });
        return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
      });
    } finally {
      await lambda.stop();
    }
  }, 120_000);

  const frameworks = [
    ['PyTorch', 'torch.pt'],
    ['TensorFlow', 'tensorflow.saved'],
  ] as const;

  test.each(shareOf(frameworks, 1))(
    'of %s is built with the packages that its format was tested with, and answers predictions',
    async (_, file) => {
      execFileSync(python, [join(import.meta.dirname, 'save_networks.py'), folder], { stdio: 'ignore' });
      vi.stubEnv('MODELSHIP_PYTHON', python);
      const model = await packed(file);
      vi.unstubAllEnvs();
      const { format } = model.manifest;
      const { directory } = runtimeImageContext({ architecture, manifest: { format } });
      buildah.build(`${NETWORK_IMAGE}-${model.name}`, directory, {}, pipMounts());
      await expectServed(`${NETWORK_IMAGE}-${model.name}`, [model]);
    },
    400_000,
  );
});
