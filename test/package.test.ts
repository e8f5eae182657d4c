import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// What a user installs is the tarball, not the repository: a file left out of `files`, a peer imported by the wrong
// entry or a development dependency needed at run time shows only there.
const root = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-package-'));
const versions = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies as Record<string, string>;

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, encoding: 'utf8' });
}

/** Runs `script` in a Node of its own, inside the user's project, and returns what it printed. */
function node(script: string, module = false): string {
  const args = module ? ['--input-type=module', '-e', script] : ['-e', script];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** The packages from which files are loaded once `entry` is required. */
function packagesLoadedBy(entry: string): string[] {
  return JSON.parse(
    node(`
      require(${JSON.stringify(entry)});
      const name = (path) => path.split('node_modules/').pop().split('/').slice(0, path.includes('node_modules/@') ? 2 : 1).join('/');
      console.log(JSON.stringify([...new Set(Object.keys(require.cache).map(name))]));
    `),
  );
}

describe('the tarball, installed with only the peers of AWS', () => {
  beforeAll(() => {
    for (const workspace of [root, join(root, 'runtime')]) npm(['pack', '--pack-destination', folder], workspace);
    const tarballs = readdirSync(folder).map((file) => `./${file}`);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(folder, '.npmrc'), 'onnxruntime-node-install=skip\n');
    const peers = ['aws-cdk-lib', 'constructs'].map((peer) => `${peer}@${versions[peer]}`);
    npm(['install', ...tarballs, ...peers], folder);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds no test, no source and no map', () => {
    const files = readdirSync(join(folder, 'node_modules', 'modelship'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|\.map$|tsbuildinfo/.test(file))).toEqual([]);
  });

  test('brings no toolkit of another cloud', () => {
    expect(readdirSync(join(folder, 'node_modules'))).not.toContain('cdktf');
  });

  test.each(['modelship', 'modelship/aws'])('%s loads by require and by import, with the same names', (entry) => {
    const required = node(`console.log(Object.keys(require(${JSON.stringify(entry)})).sort().join())`);
    const imported = node(
      `console.log(Object.keys(await import(${JSON.stringify(entry)})).filter((name) => !['default', 'module.exports', '__esModule'].includes(name)).sort().join())`,
      true,
    );
    expect(required).not.toBe('');
    expect(imported).toBe(required);
  });

  test('the root loads no cloud toolkit', () => {
    const loaded = packagesLoadedBy('modelship');
    expect(loaded).toContain('modelship');
    expect(loaded).not.toContain('aws-cdk-lib');
    expect(loaded).not.toContain('onnxruntime-node');
  });

  test('the entry for AWS loads its own toolkit and no inference engine', () => {
    const loaded = packagesLoadedBy('modelship/aws');
    expect(loaded).toContain('aws-cdk-lib');
    expect(loaded).not.toContain('onnxruntime-node');
  });

  test('the entry for another cloud says which peer is missing', () => {
    expect(() => node(`require('modelship/gcp')`)).toThrow(/Cannot find module 'cdktf'|@cdktf/);
  });

  test('the command-line tool starts', () => {
    expect(
      execFileSync('npx', ['--no-install', 'modelship', '--version'], { cwd: folder, encoding: 'utf8' }).trim(),
    ).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
  });
});

test.each(['.', 'runtime'])('publint finds nothing wrong with the package in %s', async (workspace) => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: join(root, workspace), level: 'warning', strict: true });
  expect(messages).toEqual([]);
});
