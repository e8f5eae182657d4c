import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePackage } from '../support/packages.js';

// CDKTF is archived, and its maintained fork takes its place by npm's overrides. Both must give the same templates.
const FORK = 'npm:cdktn@0.24.0';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-engines-'));
const versions: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;
const providers = Object.keys(versions).filter((name) => name.startsWith('@cdktf/provider-'));
const settings = {
  package: writePackage({}, join(folder, 'package')),
  // None is built, which would take longer than all the rest.
  image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
  // A local state would lie in the project's own folder.
  backend: { type: 'gcs', bucket: 'state' },
};

const RUN = `
  process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))));
  require('./app.js');
`;

/** Runs `app.js` in a project, and returns the files that were loaded. */
function run(project: string, more: object = {}, context: object = {}): string[] {
  const printed = execFileSync(process.execPath, ['-e', RUN], {
    cwd: project,
    encoding: 'utf8',
    stdio: 'pipe',
    env: {
      ...process.env,
      MODELSHIP_CONTEXT: JSON.stringify({ ...settings, ...more }),
      CDKTF_CONTEXT_JSON: JSON.stringify(context),
      CDKTF_OUTDIR: join(project, 'out'),
    },
  });
  return JSON.parse(printed.trim().split('\n').at(-1)!);
}

/** What `app.js` in a project synthesizes. */
function synth(project: string, more?: object, context?: object) {
  rmSync(join(project, 'out'), { recursive: true, force: true });
  run(project, more, context);
  return templates(project);
}

/** What was synthesized in a project: each template, and what names the engine. */
function templates(project: string) {
  const stacks = join(project, 'out', 'stacks');
  return readdirSync(stacks).map((stack) => {
    const { '//': comment, ...template } = JSON.parse(readFileSync(join(stacks, stack, 'cdk.tf.json'), 'utf8'));
    const { version, ...metadata } = comment.metadata;
    return { stack, template, metadata, outputs: comment.outputs, version };
  });
}

async function project(name: string): Promise<string> {
  const path = join(folder, name);
  mkdirSync(path);
  await build({
    entryPoints: [join(root, 'bin', 'terraform.ts')],
    tsconfig: join(root, 'tsconfig.test.json'),
    outfile: join(path, 'app.js'),
    bundle: true,
    platform: 'node',
    external: ['cdktf', 'constructs', '@cdktf/*'],
    logLevel: 'error',
  });
  return path;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bindings of a template's resources, data sources and providers, of those providers that have any. */
function bindingsOf({ resource = {}, data = {}, provider }: Record<string, Record<string, object>>): string[] {
  const elements = [
    ...Object.keys(provider!).map((name) => [name, 'provider']),
    ...Object.keys(resource).map((type) => [type.split('_')[0]!, type.replace(/^[a-z]+_/, '')]),
    ...Object.keys(data).map((type) => [type.split('_')[0]!, `data-${type}`]),
  ];
  return elements
    .filter(([name]) => providers.includes(`@cdktf/provider-${name}`))
    .map(([name, binding]) => `provider-${name}/${binding!.replaceAll('_', '-')}`);
}

test.each(['google', 'azure'])(
  'a synthesis for %s loads the bindings of what it makes, and no other',
  async (cloud) => {
    const original = await project(`loading-${cloud}`);
    symlinkSync(join(root, 'node_modules'), join(original, 'node_modules'));
    const loaded = run(original, { cloud })
      .map((path) => /@cdktf\/(provider-[a-z]+\/lib\/[a-z0-9-]+)\/index\.js$/.exec(path)?.[1]?.replace('lib/', ''))
      .filter((binding) => binding !== undefined);
    const used = templates(original).flatMap(({ template }) => bindingsOf(template));
    expect(used.length).toBeGreaterThan(20);
    expect([...new Set(loaded)].sort()).toEqual([...new Set(used)].sort());
  },
);

describe('cdktn in the place of cdktf', () => {
  let forked: string;

  beforeAll(async () => {
    forked = await project('cdktn');
    const dependencies = Object.fromEntries(
      ['constructs', ...providers].map((name) => [name, versions[name]]).concat([['cdktf', FORK]]),
    );
    const overrides = Object.fromEntries(providers.map((name) => [name, { cdktf: '$cdktf' }]));
    writeFileSync(join(forked, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
      cwd: forked,
      stdio: 'pipe',
    });
    // The app looks there for the runtime that it uploads.
    for (const name of ['@modelship', 'onnxruntime-node', 'onnxruntime-common']) {
      symlinkSync(join(root, 'node_modules', name), join(forked, 'node_modules', name));
    }
  }, 300_000);

  test('is the only engine that npm installs', () => {
    const lock = JSON.parse(readFileSync(join(forked, 'package-lock.json'), 'utf8'));
    const engines = Object.entries<{ name?: string }>(lock.packages).filter(([path]) =>
      path.endsWith('node_modules/cdktf'),
    );
    expect(engines.map(([path, { name }]) => [path, name])).toEqual([['node_modules/cdktf', 'cdktn']]);
  });

  test('gives the same templates but for its version', async () => {
    const original = await project('cdktf');
    symlinkSync(join(root, 'node_modules'), join(original, 'node_modules'));
    const before = synth(original);
    const after = synth(forked);
    expect(before.length).toBeGreaterThan(2);
    expect(after.map(({ version: _, ...rest }) => rest)).toEqual(before.map(({ version: _, ...rest }) => rest));
    expect(after[0]!.version).not.toBe(before[0]!.version);
  });

  test.each([
    ['azure', 'azurerm', '~> 5.2'],
    ['google', 'google', '~> 7.45'],
  ])(
    'gives the same templates on %s for the version of %s that a context selects',
    async (cloud, provider, version) => {
      const context = { 'modelship:providerVersions': { [provider]: version }, 'modelship:namePrefix': 'ada' };
      const original = await project(`cdktf-${cloud}`);
      symlinkSync(join(root, 'node_modules'), join(original, 'node_modules'));
      const before = synth(original, { cloud }, context);
      const after = synth(forked, { cloud }, context);
      expect(before.map(({ template }) => template.terraform.required_providers[provider].version)).toEqual(
        before.map(() => version),
      );
      expect(after.map(({ version: _, ...rest }) => rest)).toEqual(before.map(({ version: _, ...rest }) => rest));
    },
  );
});
