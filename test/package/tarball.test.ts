import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { NPMS } from '../support/nodes.js';
import { writePackage } from '../support/packages.js';
import { writePicturePackage } from '../support/picture-package.js';
import { shareOf } from '../support/share.js';
import { binaryKind } from './binary-kind.js';
import { manifest, Project, root, Tarballs } from './project.js';

const tarballs = new Tarballs();
const { folder } = tarballs;

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

/** Synthesizes a function with the default architecture, and returns the folder of its assets. */
function synthesizedFunction(project: Project, model: string): string {
  const assets = project.node(`
    const { App, Stack } = require('aws-cdk-lib');
    const { Model } = require('modelship');
    const { ServerlessModel } = require('modelship/aws');
    const app = new App({ outdir: 'cdk.out' });
    new ServerlessModel(new Stack(app, 'Stack'), 'Model', { model: Model.fromDirectory(${JSON.stringify(model)}) });
    console.log(app.synth().directory);
  `);
  return join(project.directory, assets);
}

beforeAll(() => {
  writePackage({}, join(folder, 'package'));
});

describe.each(CLOUDS)('the tarball, installed with only the peers of $cloud', ({ cloud, peers, foreign, ...loads }) => {
  const project = new Project(tarballs, cloud);
  const entry = `modelship/${cloud}`;
  beforeAll(() => {
    project.installPeers(peers);
  }, 300_000);

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

  const synthesis = { timeout: 120_000 };
  test.runIf(cloud === 'aws')('synthesizes a function of arm64 on any host, with the addon of arm64', synthesis, () => {
    const assets = synthesizedFunction(project, join(folder, 'package'));
    const addons = readdirSync(assets, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node'));
    expect(addons).toHaveLength(1);
    expect(binaryKind(readFileSync(join(assets, addons[0]!)))).toBe('ELF aarch64');
  });

  test('the constructs of the other clouds say what is missing', () => {
    for (const { make } of CLOUDS.filter((each) => each.cloud !== cloud)) {
      expect(() => project.node(make)).toThrow(/Cannot find module '(aws-cdk-lib|@?cdktf)/);
    }
  });
});

describe('the tarball', () => {
  const project = new Project(tarballs, 'plain');
  beforeAll(() => {
    project.install([]);
  }, 300_000);

  test('holds no test, no source and no map', () => {
    for (const name of [['modelship'], ['@modelship', 'runtime']]) {
      const files = project.files(...name);
      expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|\.map$|tsbuildinfo|__pycache__/.test(file))).toEqual([]);
    }
  });

  test('has a README that links to the documentation', () => {
    for (const name of [['modelship'], ['@modelship', 'runtime']]) {
      const readme = readFileSync(join(project.directory, 'node_modules', ...name, 'README.md'), 'utf8');
      expect(readme).toMatch(
        /\[Documentation[^\]]*\]\((https:\/\/github\.com\/modelship\/modelship\/blob\/main\/)?docs\/README\.md\)/,
      );
    }
  });

  test('holds the bundled server, and all that it reads beside itself', () => {
    const published = project.files('@modelship', 'runtime');
    const folders = ['images', 'proto', 'python'].map((folder) => join('runtime', folder));
    const tracked = execFileSync('git', ['ls-files', ...folders], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(published).toEqual(expect.arrayContaining(tracked.map((path) => path.slice('runtime/'.length))));
    expect(published).toEqual(expect.arrayContaining(['dist/bundle/server.js', 'LICENSE', 'README.md']));
  });

  test('takes at most 250 MB, ONNX Runtime and the tokenizers of every platform included', () => {
    const modules = join(project.directory, 'node_modules');
    const bytes = project
      .files()
      .map((file) => lstatSync(join(modules, file)))
      .reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThan(250e6);
  });

  test.each([
    ['linux', 'x64', 'ELF x86-64'],
    ['linux', 'arm64', 'ELF aarch64'],
    ['darwin', 'arm64', 'Mach-O arm64'],
    ['win32', 'x64', 'PE x86-64'],
    ['win32', 'arm64', 'PE aarch64'],
  ])('has the addon of %s-%s and the library that it links', (platform, architecture, kind) => {
    const binaries = join(bundled(project, 'onnxruntime-node'), 'bin', 'napi-v6', platform, architecture);
    const addon = readFileSync(join(binaries, 'onnxruntime_binding.node'));
    const [library] = /(lib)?onnxruntime(\.so\.1|\.1\.dylib|\.dll)(?=\0)/.exec(addon.toString('latin1'))!;
    expect(readdirSync(binaries).sort()).toEqual([library, 'onnxruntime_binding.node'].sort());
    expect(binaryKind(addon)).toBe(kind);
    expect(binaryKind(readFileSync(join(binaries, library)))).toBe(kind);
  });

  test.each([
    ['linux-x64-gnu', 'ELF x86-64'],
    ['linux-arm64-gnu', 'ELF aarch64'],
    ['darwin-arm64', 'Mach-O arm64'],
    ['win32-x64-msvc', 'PE x86-64'],
    ['win32-arm64-msvc', 'PE aarch64'],
  ])('has the tokenizers of %s', (platform, kind) => {
    const path = join(bundled(project, 'tokenizers'), `tokenizers.${platform}.node`);
    expect(binaryKind(readFileSync(path))).toBe(kind);
  });

  test('names the packages that it carries and has their licenses', () => {
    const notice = readFileSync(join(project.directory, 'node_modules/@modelship/runtime/NOTICE'), 'utf8');
    for (const name of ['onnxruntime-node', 'tokenizers']) {
      expect(notice).toContain(`\n${name}\n`);
      expect(readdirSync(bundled(project, name))).toContain('LICENSE');
    }
  });
});

/** Folder of a package that was installed inside the runtime. */
function bundled(project: Project, name: string, inside = 'runtime'): string {
  return join(project.directory, 'node_modules', '@modelship', inside, 'node_modules', name);
}

describe('the tarball of the picture decoder', () => {
  const project = new Project(tarballs, 'pictures');
  beforeAll(() => {
    project.installPeers(['aws-cdk-lib', 'constructs'], undefined, [tarballs.pictures]);
  }, 300_000);

  test('decodes for the runtime', () => {
    const decoded = project.node(`
      const { createRequire } = require('node:module');
      const decoder = createRequire(require.resolve('@modelship/runtime'))('@modelship/pictures');
      decoder({ create: { width: 2, height: 3, channels: 3, background: 'red' } }).jpeg().toBuffer()
        .then((bytes) => decoder(bytes).metadata()).then(({ width, height }) => console.log(width, height));
    `);
    expect(decoded).toBe('2 3');
  });

  test.each([
    ['linux-x64', 'ELF x86-64'],
    ['linux-arm64', 'ELF aarch64'],
    ['darwin-arm64', 'Mach-O arm64'],
    ['win32-x64', 'PE x86-64'],
    ['win32-arm64', 'PE aarch64'],
  ])('has the addon of %s and libvips', (platform, kind) => {
    const isWindows = platform.startsWith('win32');
    const libraries = isWindows ? [`sharp-${platform}`] : [`sharp-${platform}`, `sharp-libvips-${platform}`];
    const binaries = libraries.flatMap((name) => {
      const folder = join(bundled(project, '@img', 'pictures'), name, 'lib');
      const files = readdirSync(folder).filter((file) => /\.(node|dll|dylib)$|\.so/.test(file));
      return files.map((file) => join(folder, file));
    });
    expect(binaries.some((path) => path.endsWith('.node'))).toBe(true);
    expect(binaries.some((path) => /libvips[^/\\]*\.(dll|dylib|so)/.test(path))).toBe(true);
    for (const path of binaries) expect(binaryKind(readFileSync(path)), path).toBe(kind);
  });

  test('brings no package with an install script', () => {
    const withScript = Object.entries(project.installed()).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(withScript).toEqual([]);
  });

  test('has its licenses', () => {
    const files = project.files('@modelship', 'pictures');
    for (const path of ['NOTICE', 'LICENSE', 'licenses/LGPL-3.0.txt', 'node_modules/sharp/LICENSE']) {
      expect(files).toContain(join(path));
    }
  });

  const synthesis = { timeout: 120_000 };
  test('is in a function of arm64 on any host, with the addon of arm64', synthesis, () => {
    const assets = synthesizedFunction(project, writePicturePackage(join(folder, 'picture-package')));
    const addons = readdirSync(assets, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node'));
    expect(addons.filter((path) => path.includes('sharp-linux-arm64'))).toHaveLength(1);
    expect(addons).toHaveLength(2);
    for (const addon of addons) expect(binaryKind(readFileSync(join(assets, addon)))).toBe('ELF aarch64');
  });
});

// npm 12 asks before it runs any install script, and runs on Node 22 and later only.
describe.each(shareOf(NPMS, 1))('installed by npm $major', (npm) => {
  const project = new Project(tarballs, `npm-${npm.major}`);
  let printed: string;
  beforeAll(() => {
    printed = project.install([], npm);
  }, 300_000);

  test('brings no package with an install script, and asks about none', () => {
    const withScript = Object.entries(project.installed()).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(withScript).toEqual([]);
    expect(printed).not.toMatch(/script/i);
  });

  test('packs, inspects and evaluates a model by its command', () => {
    const iris = join(root, 'examples', 'iris');
    expect(project.modelship(['--version'], npm.node)).toBe(manifest.version);
    const samples = join(iris, 'samples', 'requests.json');
    project.modelship(['pack', join(iris, 'model.onnx'), '--name', 'iris', '--samples', samples], npm.node);
    expect(project.modelship(['inspect', 'iris'], npm.node)).toContain('Every file matches its digest.');
    expect(project.modelship(['evaluate', 'iris'], npm.node)).toContain('8 of 8 samples agree');
  });
});

/** The JSON that a page of the docs says to add to package.json for cdktn. */
function documentedOverrides(page: string): { dependencies: object; overrides: object } {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/```json\n([^`]*)```/g)].map(([, block]) => block!);
  return JSON.parse(blocks.find((block) => block.includes('"overrides"'))!);
}

describe('cdktn by the overrides that the docs name', () => {
  const project = new Project(tarballs, 'cdktn');
  const pages = ['azure.md', 'google-cloud.md'].map(documentedOverrides);
  const clouds = CLOUDS.filter(({ engine }) => engine === 'cdktf');
  beforeAll(() => {
    const overrides = Object.assign({}, ...pages.map((page) => page.overrides));
    project.write('package.json', JSON.stringify({ private: true, ...pages[0], overrides }));
    const peers = new Set(clouds.flatMap(({ peers }) => peers).filter((peer) => peer !== 'cdktf'));
    project.installPeers([...peers]);
  }, 300_000);

  test('is the only engine that npm installs', () => {
    expect(pages[1]!.dependencies).toEqual(pages[0]!.dependencies);
    const engines = Object.entries(project.installed()).filter(([path]) => /node_modules\/cdktf$/.test(path));
    expect(engines).toMatchObject([['node_modules/cdktf', { name: 'cdktn' }]]);
  });

  test.each(clouds)('synthesizes the stack of $cloud', ({ make }) => {
    const synthesized = project.node(`${make}; console.log(JSON.stringify(stack.toTerraform()))`);
    expect(Object.keys(JSON.parse(synthesized).resource).length).toBeGreaterThan(1);
  });
});
