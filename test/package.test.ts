import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePackage } from './support/packages.js';

// What a user installs is the tarball, not the repository: a file left out of `files`, a peer imported by the wrong
// entry or a development dependency needed at run time shows only there.
const root = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-tarball-'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** A script's beginning: makes a construct of a cloud of CDKTF. */
const construct = (cloud: string, props: string) => `
  const { App, TerraformStack } = require('cdktf');
  const { ImageSource, Model } = require('modelship');
  const constructs = require('modelship/${cloud}');
  const image = ImageSource.fromRegistry('registry.example/runtime:1');
  const model = Model.fromDirectory(${JSON.stringify(join(folder, 'package'))});
  const stack = new TerraformStack(new App(), 'stack');
  new constructs.ServerlessModel(stack, 'Iris', { model, ${props} });
`;

/** What a user of each cloud installs beside `modelship`, and no more. */
const CLOUDS = [
  {
    cloud: 'aws',
    peers: ['aws-cdk-lib', 'constructs'],
    engine: 'aws-cdk-lib',
    toolkit: 'aws-cdk-lib',
    foreign: ['cdktf', '@cdktf'],
    make: `require('modelship/aws');`,
  },
  {
    cloud: 'gcp',
    peers: ['cdktf', '@cdktf/provider-google', '@cdktf/provider-kubernetes', 'constructs'],
    engine: 'cdktf',
    toolkit: '@cdktf/provider-google',
    foreign: ['aws-cdk-lib', '@cdktf/provider-azurerm'],
    make: construct('gcp', `region: 'europe-west4', image`),
  },
  {
    cloud: 'azure',
    peers: ['cdktf', '@cdktf/provider-azurerm', '@cdktf/provider-kubernetes', 'constructs'],
    engine: 'cdktf',
    toolkit: '@cdktf/provider-azurerm',
    foreign: ['aws-cdk-lib', '@cdktf/provider-google'],
    make: construct('azure', `location: 'westeurope', host: constructs.ServerlessHost.containerApps({ image })`),
  },
];

function npm(args: string[], cwd: string): string {
  // Other people's warnings of deprecated packages are not what is tested.
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--ignore-scripts'];
  return execFileSync('npm', [...args, ...flags], { cwd, encoding: 'utf8' });
}

/** A project of a user in a folder of its own. */
class Project {
  private readonly directory: string;

  constructor(name: string) {
    this.directory = join(folder, name);
  }

  install(peers: string[]): void {
    mkdirSync(this.directory);
    writeFileSync(join(this.directory, 'package.json'), '{ "private": true }');
    const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
    const pinned = peers.map((peer) => `${peer}@${manifest.devDependencies[peer]}`);
    npm(['install', ...tarballs.map((file) => `../${file}`), ...pinned], this.directory);
  }

  /** Runs `script` in a Node of its own, and returns what it printed. */
  node(script: string, module = false): string {
    const args = module ? ['--input-type=module', '-e', script] : ['-e', script];
    return execFileSync(process.execPath, args, { cwd: this.directory, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  modelship(...args: string[]): string {
    const command = ['--no-install', 'modelship', ...args];
    return execFileSync('npx', command, { cwd: this.directory, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** The packages from which files are loaded once `script` has run. */
  packagesLoadedBy(script: string): string[] {
    return JSON.parse(
      this.node(`
        ${script}
        const name = (path) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)[1];
        console.log(JSON.stringify([...new Set(Object.keys(require.cache).map(name))]));
      `),
    );
  }

  files(...path: string[]): string[] {
    return readdirSync(join(this.directory, 'node_modules', ...path), { recursive: true, encoding: 'utf8' });
  }

  /** The packages at the top of `node_modules`. */
  packages(): string[] {
    const modules = join(this.directory, 'node_modules');
    return readdirSync(modules).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name],
    );
  }
}

beforeAll(() => {
  writePackage({}, join(folder, 'package'));
  for (const workspace of [root, join(root, 'runtime')]) npm(['pack', '--pack-destination', folder], workspace);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(CLOUDS)('the tarball, installed with only the peers of $cloud', ({ cloud, peers, foreign, ...loads }) => {
  const project = new Project(cloud);
  const entry = `modelship/${cloud}`;
  beforeAll(() => project.install(peers), 300_000);

  test('brings no toolkit of another cloud', () => {
    const installed = project.packages();
    for (const name of foreign) expect(installed).not.toContain(name);
  });

  test.each(['modelship', entry])('%s loads by require and by import, with the same names', (name) => {
    const required = project.node(`console.log(Object.keys(require(${JSON.stringify(name)})).sort().join())`);
    const imported = project.node(
      `const { default: _, ...names } = await import(${JSON.stringify(name)});
       console.log(Object.keys(names).filter((name) => !['module.exports', '__esModule'].includes(name)).sort().join())`,
      true,
    );
    expect(required).toContain('Model');
    expect(imported).toBe(required);
  });

  test('the root loads no toolkit and no inference engine', () => {
    const loaded = project.packagesLoadedBy(`require('modelship');`);
    expect(loaded).toContain('modelship');
    expect(loaded).not.toContain(loads.engine);
    expect(loaded).not.toContain('onnxruntime-node');
  });

  test('its entry loads its own toolkit and no inference engine', () => {
    const loaded = project.packagesLoadedBy(`require('${entry}');`);
    expect(loaded).toContain(loads.engine);
    expect(loaded).not.toContain('onnxruntime-node');
  });

  test('its constructs load the bindings of its own cloud', () => {
    const loaded = project.packagesLoadedBy(loads.make);
    expect(loaded).toContain(loads.toolkit);
    expect(loaded).not.toContain('onnxruntime-node');
  });

  test('the constructs of the other clouds say what is missing', () => {
    for (const { make } of CLOUDS.filter((each) => each.cloud !== cloud)) {
      expect(() => project.node(make)).toThrow(/Cannot find module '(aws-cdk-lib|@?cdktf)/);
    }
  });
});

describe('the tarball', () => {
  const project = new Project('plain');
  beforeAll(() => project.install([]), 300_000);

  test('holds no test, no source and no map', () => {
    for (const name of [['modelship'], ['@modelship', 'runtime']]) {
      const files = project.files(...name);
      expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|\.map$|tsbuildinfo|__pycache__/.test(file))).toEqual([]);
    }
  });

  test('holds the bundled server, and all that it reads beside itself', () => {
    const published = project.files('@modelship', 'runtime');
    const folders = ['images', 'proto', 'python'].map((folder) => join('runtime', folder));
    const tracked = execFileSync('git', ['ls-files', ...folders], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(published).toEqual(expect.arrayContaining(tracked.map((path) => path.slice('runtime/'.length))));
    expect(published).toEqual(expect.arrayContaining(['dist/bundle/server.js', 'LICENSE']));
  });

  test('packs, inspects and evaluates a model by its command', () => {
    const iris = join(root, 'examples', 'iris');
    expect(project.modelship('--version')).toBe(manifest.version);
    const samples = join(iris, 'samples', 'requests.json');
    project.modelship('pack', join(iris, 'model.onnx'), '--name', 'iris', '--samples', samples);
    expect(project.modelship('inspect', 'iris')).toContain('Every file matches its digest.');
    expect(project.modelship('evaluate', 'iris')).toContain('8 of 8 samples agree');
  });
});

test.each(['.', 'runtime'])('publint finds nothing wrong with the package in %s', async (workspace) => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: join(root, workspace), level: 'warning', strict: true });
  expect(messages).toEqual([]);
});
