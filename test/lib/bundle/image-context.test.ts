import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FORMATS, type ModelFormat, needsPython } from '@modelship/runtime/manifest';
import { describe, expect, it } from 'vitest';
import { runtimeImageContext } from '../../../lib/bundle/image-context.js';
import { lambdaImageContext } from '../../../lib/bundle/lambda-image-context.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';

const text = (directory: string, path: string) => readFileSync(join(directory, path), 'utf8');
const contextOf = (format: ModelFormat, requirements?: string[]) =>
  runtimeImageContext({ architecture: 'x64', manifest: { format, requirements } });
const pickled = (requirements?: string[]) =>
  Model.fromDirectory(
    writePackage({
      format: 'pickle',
      artifact: 'model.joblib',
      content: { 'model.joblib': 'no pickle', 'samples.json': '[]' },
      requirements,
    }),
    { trustPickle: true },
  );

describe('the context of an image', () => {
  it('has no Python for ONNX', () => {
    const { directory } = contextOf('onnx');
    expect(readdirSync(directory).sort()).toEqual(['Dockerfile', 'runtime']);
    expect(text(directory, 'Dockerfile')).not.toMatch(/python/);
    expect(readdirSync(join(directory, 'runtime'))).not.toContain('python');
    expect(runtimeImageContext({ architecture: 'x64' })).toEqual(contextOf('onnx'));
  });

  it.each(['xgboost', 'npz'] as const)('has no Python for a model of %s that the server itself runs', (format) => {
    expect(contextOf(format)).toEqual(contextOf('onnx'));
  });

  /** Packages of a model that the server does not run itself. */
  const packages = (format: ModelFormat) => (format === 'xgboost' ? ['xgboost-cpu==3.2.0'] : undefined);

  const WITH_PYTHON = MODEL_FORMATS.filter((format) => needsPython({ format, requirements: packages(format) }));

  it.each(WITH_PYTHON)('has the worker and the packages of its framework, each pinned, for %s', (format) => {
    const { directory } = contextOf(format, packages(format));
    expect(text(directory, 'Dockerfile')).toMatch(/pip install/);
    expect(readdirSync(join(directory, 'runtime/python/modelship_worker'))).toContain('__main__.py');
    const lines = text(directory, 'requirements.txt')
      .split('\n')
      .filter((line) => /^\w/.test(line));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^[\w-]+==[\w.+]+( ; |$| \\$)/);
  });

  /** Packages of a lock, each with its hashes. */
  const locked = (lines: string) => lines.match(/^\w(.*\n)(?: {4}--hash=.*\n)*/gm) ?? [];

  it.each(WITH_PYTHON.filter((format) => !/^(.*script|.*program|torch.*)$/.test(format)))(
    'installs only files whose hashes are known, for %s',
    (format) => {
      const requirements = text(contextOf(format, packages(format)).directory, 'requirements.txt');
      expect(requirements).toMatch(/^--require-hashes\n/);
      for (const entry of locked(requirements)) expect(entry).toMatch(/ \\\n {4}--hash=sha256:[0-9a-f]{64}/);
    },
  );

  it('has the same files whether the manifest pins the tested versions or none', () => {
    const tested = text(contextOf('pickle').directory, 'requirements.txt');
    const pins = locked(tested).map((entry) => entry.split(' ')[0]!);
    expect(pins).toEqual(expect.arrayContaining([expect.stringMatching(/^scikit-learn==/)]));
    expect(contextOf('pickle', pins.slice(0, 2))).toEqual(contextOf('pickle'));
  });

  it('has the packages that the manifest names instead, and is another for each', () => {
    const own = contextOf('pickle', ['scikit-learn==1.5.0', 'numpy==2.0.0']);
    expect(text(own.directory, 'requirements.txt')).toBe('numpy==2.0.0\nscikit-learn==1.5.0\n');
    expect(contextOf('pickle', ['numpy==2.0.0', 'scikit-learn==1.5.0'])).toEqual(own);
    expect(contextOf('pickle').digest).not.toBe(own.digest);
  });

  it('takes PyTorch from where it has builds without CUDA, whatever its version', () => {
    const lines = text(contextOf('torchscript', ['torch==2.9.0']).directory, 'requirements.txt').split('\n');
    expect(lines).toEqual(['--extra-index-url https://download.pytorch.org/whl/cpu', 'torch==2.9.0', '']);
  });

  it('has TensorFlow without CUDA for either processor, by the name it has there', () => {
    const lines = text(contextOf('saved_model', ['tensorflow-cpu==2.20.0']).directory, 'requirements.txt').split('\n');
    expect(lines).toEqual([
      'tensorflow-cpu==2.20.0; platform_machine == "x86_64"',
      'tensorflow==2.20.0; platform_machine == "aarch64"',
      '',
    ]);
  });

  it('has nothing that Python left beside the worker', () => {
    const files = readdirSync(join(contextOf('pickle').directory, 'runtime/python'), { recursive: true });
    expect(files.filter((file) => /pycache|\.pyc$/.test(String(file)))).toEqual([]);
  });

  it('is refused for an architecture that the runtime is not made for', () => {
    expect(() => runtimeImageContext({ architecture: 'riscv64' })).toThrow(
      /got the architecture "riscv64"; x64 and arm64/,
    );
  });
});

describe('the context of a function’s image', () => {
  it('is the server’s, with a last stage that starts it under Lambda and holds the model', () => {
    const model = pickled();
    const { directory } = lambdaImageContext({ architecture: 'x64', model });
    const server = contextOf('pickle');
    expect(text(directory, 'requirements.txt')).toBe(text(server.directory, 'requirements.txt'));
    const dockerfile = text(directory, 'Dockerfile');
    const whole = text(server.directory, 'Dockerfile');
    expect(dockerfile.startsWith(whole)).toBe(true);
    expect(dockerfile.slice(whole.length)).toMatch(/^FROM server$/m);
    expect(readdirSync(join(directory, 'runtime'))).toContain('lambda-bootstrap.js');
    expect(Model.fromDirectory(join(directory, 'model'), { trustPickle: true }).digest).toBe(model.digest);
  });

  it('is another for another model or other packages', () => {
    const digests = [pickled(), pickled(['numpy==2.0.0']), Model.fromDirectory(writePackage())].map(
      (model) => lambdaImageContext({ architecture: 'x64', model }).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });
});
