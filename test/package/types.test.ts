import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { inVersion } from '../support/nodes.js';
import { shareOf } from '../support/share.js';
import { root, Tarballs } from './project.js';

const tarballs = new Tarballs();
const [runtimeTarball, libraryTarball] = tarballs.paths as [string, string];
const modules = join(tarballs.folder, 'node_modules');

// The tarballs as npm unpacks them; their peers and dependencies are those of the repository.
beforeAll(() => {
  for (const [tarball, name] of [
    [libraryTarball, 'modelship'],
    [runtimeTarball, join('@modelship', 'runtime')],
  ] as const) {
    mkdirSync(join(modules, name), { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', join(modules, name), '--strip-components=1']);
  }
  mkdirSync(join(modules, '@types', 'jest'), { recursive: true });
  // The template of `cdk init` names Jest, which no file here uses.
  writeFileSync(join(modules, '@types', 'jest', 'index.d.ts'), '');
  for (const name of ['aws-cdk-lib', 'constructs', 'cdktf', '@cdktf', 'onnxruntime-common', '@types/node']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
});

/** A stack of each cloud, and lines that compile only if the manifest's type is known and internal members are not. */
const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Model } from 'modelship';
import * as aws from 'modelship/aws';
import * as azure from 'modelship/azure';
import * as gcp from 'modelship/gcp';
import { MODEL_FORMATS } from 'modelship/runtime';
import { readManifest } from '@modelship/runtime/manifest';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { startServer } from '@modelship/runtime/serve';
import { verifySignature } from '@modelship/runtime/signature';

const model = Model.fromDirectory('model');
new aws.ServerlessModel(new Stack(new App(), 'Stack'), 'Model', { model });
export const clouds = [azure.ServerlessModel, gcp.ServerlessModel, MODEL_FORMATS, readManifest, ENVIRONMENT, startServer, verifySignature];
// @ts-expect-error the name is a string
export const wrong: number = model.manifest.name;
// @ts-expect-error an endpoint has its metrics, which its telemetry has not on every service
export const internal = (endpoint: azure.ContainerModel) => endpoint.telemetry.requestMetric('requests');
`;

const strict = { strict: true, skipLibCheck: false, noEmit: true, target: 'ES2022', types: ['node'] };

/** The template of `cdk init` until 2025. */
const OLDER_CDK_INIT = {
  compilerOptions: {
    target: 'ES2022',
    module: 'commonjs',
    lib: ['es2022', 'dom'],
    declaration: true,
    strict: true,
    noImplicitAny: true,
    strictNullChecks: true,
    noImplicitThis: true,
    alwaysStrict: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: false,
    inlineSourceMap: true,
    inlineSources: true,
    experimentalDecorators: true,
    strictPropertyInitialization: false,
    typeRoots: ['./node_modules/@types'],
  },
  exclude: ['node_modules', 'cdk.out'],
};

/** Configurations of users: a template's file, or its content, and whether the project is of ECMAScript modules. */
const CONFIGURATIONS: readonly [name: string, config: string | object, isModule?: boolean][] = [
  ['the template of cdktf init', join('@cdktf', 'cli-core', 'templates', 'typescript', 'tsconfig.json')],
  ['the template of cdk init', join('aws-cdk', 'lib', 'init-templates', 'app', 'typescript', 'tsconfig.json')],
  ['the older template of cdk init', OLDER_CDK_INIT],
  ['node10', { compilerOptions: { ...strict, module: 'commonjs', moduleResolution: 'node10' } }],
  ['node16', { compilerOptions: { ...strict, module: 'node16' } }],
  ['node16, ECMAScript modules', { compilerOptions: { ...strict, module: 'node16' } }, true],
  ['nodenext', { compilerOptions: { ...strict, module: 'nodenext' } }],
  ['nodenext, ECMAScript modules', { compilerOptions: { ...strict, module: 'nodenext' } }, true],
  ['bundler', { compilerOptions: { ...strict, module: 'esnext', moduleResolution: 'bundler' } }, true],
];

describe('the types of every entry resolve with', () => {
  test.each(shareOf(CONFIGURATIONS, 3))('%s', { timeout: 600_000 }, (name, config, isModule = false) => {
    const project = join(tarballs.folder, name.replaceAll(/\W+/g, '-'));
    mkdirSync(project);
    const file = join(project, 'tsconfig.json');
    if (typeof config === 'string') copyFileSync(join(root, 'node_modules', config), file);
    else writeFileSync(file, JSON.stringify(config));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: isModule ? 'module' : 'commonjs' }));
    writeFileSync(join(project, 'main.ts'), APP);
    symlinkSync(modules, join(project, 'node_modules'));
    const compiler = inVersion('typescript', 5, 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project, '--noEmit'], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

test.each([
  ['modelship', libraryTarball],
  ['@modelship/runtime', runtimeTarball],
])('attw finds no entry of %s whose types are wrong', async (_, tarball) => {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  expect(analysis).toMatchObject({ types: { kind: 'included' }, problems: [] });
});

test.each(['.', 'runtime'])('publint finds nothing wrong with the package in %s', async (workspace) => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: join(root, workspace), level: 'warning', strict: true });
  expect(messages).toEqual([]);
});
