import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, TARGETS } from '../../../lib/init/targets.js';
import { Tarballs } from '../../package/project.js';
import { shareOf } from '../../support/share.js';
import { IRIS, modelship, ROOT } from '../cli/support.js';

// Repositories in a folder outside the tree, beside the packages that `npm install` would bring: modelship as it is built.
const folder = mkdtempSync(join(tmpdir(), 'modelship-init-'));
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const targets = Object.keys(TARGETS);

beforeAll(async () => {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@modelship'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@modelship') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(ROOT, 'runtime'), join(modules, '@modelship', 'runtime'));
  symlinkSync(ROOT, join(modules, 'modelship'));
  for (const target of targets) {
    const made = await modelship('init', join(folder, target), '--target', target, '--model', IRIS);
    expect(made).toMatchObject({ code: 0 });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: string[], directory = folder): string {
  return execFileSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, CI: '1' },
  });
}

describe('a new repository', () => {
  test('of each target compiles with its own settings', { timeout: 240_000 }, () => {
    const settings = targets.map((target) => readFileSync(join(folder, target, 'tsconfig.json'), 'utf8'));
    expect(new Set(settings).size).toBe(1);
    const { compilerOptions } = JSON.parse(settings[0]!);
    const include = targets.flatMap((target) => [`${target}/src`, `${target}/test`]);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
    run(process.execPath, [bin('tsc')]);
  });

  test.each(shareOf(targets, 4))('%s passes its own lint and unit test', { timeout: 240_000 }, (target) => {
    const directory = join(folder, target);
    run(bin('biome'), ['check', '--error-on-warnings'], directory);
    expect(run(process.execPath, ['--import', 'tsx', '--test', 'test/stack.test.ts'], directory)).toMatch(
      /^# pass 2$/m,
    );
  });

  test.each([
    ['lambda', 'cdk', ['synth', '--quiet'], 'cdk.out/lambda.template.json'],
    ['cloud-run', 'cdktf', ['synth'], 'cdktf.out/stacks/cloud-run/cdk.tf.json'],
  ])('%s is synthesized by the real %s', { timeout: 240_000 }, (target, tool, args, output) => {
    const directory = join(folder, target);
    run(bin(tool), args, directory);
    const { digest } = JSON.parse(readFileSync(join(directory, 'models/iris/model.json'), 'utf8'));
    expect(readFileSync(join(directory, output), 'utf8')).toContain(digest);
  });

  test('has a workflow that names the scripts and the commands that exist', () => {
    for (const target of targets) {
      const directory = join(folder, target);
      const { scripts } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      const workflow = readFileSync(join(directory, '.github/workflows/ci.yml'), 'utf8');
      const used = [...workflow.matchAll(/npm (?:run )?(check|test)\b/g)].map(([, name]) => name);
      expect(used).toEqual(['check', 'test']);
      expect(Object.keys(scripts)).toEqual(expect.arrayContaining(used));
    }
  });
});

test('npm resolves the dependencies of each engine, from tarballs that are copied into the repository', {
  timeout: 900_000,
}, async () => {
  const tarballs = new Tarballs();
  for (const [target, engine] of [
    ['cloud-run', 'cdktn'],
    ['lambda', 'cdk'],
  ] as const) {
    const directory = join(folder, `installed-${engine}`);
    const given = tarballs.paths.flatMap((path) => ['--modelship', path]);
    const args = ['--target', target, '--engine', engine, '--model', IRIS, ...given];
    expect(await modelship('init', directory, ...args)).toMatchObject({ code: 0 });
    run(
      'npm',
      ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
      directory,
    );
    const { packages } = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8'));
    const cdktf = Object.entries<{ name?: string }>(packages).filter(([path]) => path === 'node_modules/cdktf');
    expect(cdktf.map(([, { name = 'cdktf' }]) => name)).toEqual(engine === 'cdk' ? [] : [engine]);
  }
});

describe('init', () => {
  test('packs a saved model', async () => {
    const directory = join(folder, 'packed');
    const samples = join(ROOT, 'examples/iris/samples/requests.json');
    const model = join(ROOT, 'examples/iris/model.onnx');
    const args = ['--target', 'gke', '--engine', 'cdktn', '--model', model, '--samples', samples, '--json'];
    const { code, stdout } = await modelship('init', directory, ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ directory, target: 'gke', engine: 'cdktn', model: 'packed' });
    expect((await modelship('inspect', join(directory, 'models/packed'))).code).toBe(0);
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'an engine of another cloud',
      ['--target', 'aks', '--engine', 'cdk', '--model', IRIS],
      1,
      /cannot deploy to Azure Kubernetes Service\. Use cdktf or cdktn/,
    ],
    ['an unknown target', ['--target', 'heroku', '--model', IRIS], 2, /Allowed choices are lambda, ecs/],
    ['no target', ['--model', IRIS], 2, /required option '--target <service>'/],
    ['a model that is missing', ['--target', 'lambda', '--model', 'none.onnx'], 1, /none\.onnx/],
    [
      'a file that is no tarball',
      ['--target', 'lambda', '--model', IRIS, '--modelship', join(IRIS, 'model.json')],
      1,
      /is not a tarball of an npm package/,
    ],
  ])('refuses %s, and leaves nothing', async (_, args, code, message) => {
    const directory = join(folder, 'refused');
    expect(await modelship('init', directory, ...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
    expect(existsSync(directory)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.refused'))).toEqual([]);
  });

  test.each(['Iris', '1iris', 'my_iris', 'a'.repeat(64)])('refuses the name %s', async (name) => {
    const { stderr } = await modelship('init', join(folder, name), '--target', 'lambda', '--model', IRIS);
    expect(stderr).toMatch(/must have at most 63 lowercase letters, digits and hyphens/);
  });

  test('refuses a folder that has files', async () => {
    const { stderr } = await modelship('init', join(folder, 'lambda'), '--target', 'lambda', '--model', IRIS);
    expect(stderr).toMatch(/lambda is not empty/);
  });

  test.each([
    ['cdktf', '20.19'],
    ['cdktn', '22.19'],
  ])('names the version of Node.js that %s requires', async (engine, version) => {
    const directory = join(folder, `node-${engine}`);
    const args = ['--target', 'cloud-run', '--engine', engine, '--model', IRIS];
    const { stdout } = await modelship('init', directory, ...args);
    expect(stdout).toContain(`Next, with Node.js ${version} or later:\n`);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toContain(`Needs Node.js ${version} or later.\n`);
    const { engines } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    expect(engines).toEqual({ node: `>=${version}` });
  });

  test('offers each engine for some cloud', () => {
    expect([...new Set(Object.values(ENGINES).flat())].sort()).toEqual(['cdk', 'cdktf', 'cdktn']);
  });
});
