import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { describe, expect, test } from 'vitest';
import { AwsImage, type RuntimeImageOptions } from '../../../lib/aws/index.js';
import { warnAboutEmulation } from '../../../lib/aws/private/shared/emulation.js';
import { pulledImage } from '../../../lib/aws/private/shared/pulled-image.js';
import { warningIds } from './warning-ids.js';

const stackOf = () => new Stack(new App({ analyticsReporting: false }), 'S');
const assets = (stack: Stack) => stack.node.children.filter((child) => child instanceof DockerImageAsset);

test('constructs of one stack with the same needs share an image', () => {
  const stack = stackOf();
  const image = AwsImage.fromAsset();
  const first = image.pull(stack, { architecture: 'arm64', root: false });
  expect(image.pull(stack, { architecture: 'arm64', root: false })).toEqual(first);
  expect(assets(stack)).toHaveLength(1);
  image.pull(stack, { architecture: 'amd64', root: false });
  image.pull(stack, { architecture: 'arm64', root: true });
  expect(assets(stack)).toHaveLength(3);
});

test('a changed marker builds the image of ours again', () => {
  const stack = stackOf();
  const needs = { architecture: 'arm64', root: false };
  const uris = [undefined, '2026-11', '2026-12', '2026-12'].map((rebuild) =>
    JSON.stringify(stack.resolve(AwsImage.fromAsset({ rebuild }).pull(stack, needs).uri)),
  );
  expect(new Set(uris).size).toBe(3);
  expect(assets(stack)).toHaveLength(3);
});

test('images with different bases or markers are different, and those without keep their ids', () => {
  const stack = stackOf();
  const pull = (options: RuntimeImageOptions, root = false) =>
    JSON.stringify(stack.resolve(AwsImage.fromAsset(options).pull(stack, { architecture: 'arm64', root }).uri));
  const uris = [
    pull({}),
    pull({}, true),
    ...[{ base: 'node:24-slim' }, { base: 'node:26-slim' }, { rebuild: 'root' }, { base: 'root' }].flatMap(
      (options) => [pull(options), pull(options, true)],
    ),
  ];
  expect(new Set(uris).size).toBe(uris.length);
  expect(assets(stack)).toHaveLength(uris.length);
  pull({ base: 'node:26-slim' });
  expect(assets(stack)).toHaveLength(uris.length);
  expect(assets(stack)[0]!.node.id).toMatch(/^ModelshipRuntime-[0-9a-f]{12}$/);
  expect(assets(stack)[1]!.node.id).toBe(`${assets(stack)[0]!.node.id}-root`);
});

test('an image of ours names its repository, so that pulling it can be granted exactly', () => {
  const stack = stackOf();
  const { repositoryArn } = AwsImage.fromAsset().pull(stack, { architecture: 'arm64', root: false });
  expect(JSON.stringify(stack.resolve(repositoryArn))).toMatch(/:repository\/.*cdk-hnb659fds-container-assets-/);
});

test('an image that is there is pulled by tag or digest', () => {
  const stack = stackOf();
  const repository = Repository.fromRepositoryName(stack, 'Repository', 'runtime');
  const uri = (tagOrDigest: string) =>
    JSON.stringify(
      stack.resolve(AwsImage.fromEcr(repository, tagOrDigest).pull(stack, { architecture: 'amd64', root: false }).uri),
    );
  expect(uri('1.0')).toContain('/runtime:1.0');
  expect(uri(`sha256:${'0a'.repeat(32)}`)).toContain('/runtime@sha256:');
});

const REPOSITORY = 'modelship/runtime';

test.each([
  ['a commercial region', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ['China', '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn'],
  ['the European Sovereign Cloud', '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu'],
  ['GovCloud, by its FIPS endpoint', '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com'],
  ['a dual-stack endpoint', '123456789012.dkr-ecr.eu-west-1.on.aws'],
  ['a dual-stack endpoint of China', '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn'],
])('an image in ECR is known as such in %s', (_where, host) => {
  const { repositoryArn, region } = pulledImage(stackOf(), `${host}/${REPOSITORY}:1`);
  expect(repositoryArn).toMatch(new RegExp(`:ecr:${region}:123456789012:repository/${REPOSITORY}$`));
  expect(host).toContain(`.${region}.`);
});

test.each([
  '123456789012.dkr.ecr.eu-west-1.example.com',
  'public.ecr.aws/x',
  'ghcr.io/a',
  'a.dkr.ecr.eu-west-1.amazonaws.com',
])('an image elsewhere is not: %s', (host) => {
  expect(pulledImage(stackOf(), `${host}/${REPOSITORY}:1`)).toEqual({ uri: `${host}/${REPOSITORY}:1` });
});

test('an image for SageMaker has a manifest of Docker’s, whatever image store builds it', () => {
  const stack = stackOf();
  for (const root of [true, false]) AwsImage.fromAsset().pull(stack, { architecture: 'arm64', root });
  const { dockerImages } = JSON.parse(
    readFileSync(join((stack.node.root as App).synth().directory, 'S.assets.json'), 'utf8'),
  );
  const outputs = Object.values<{ source: { dockerOutputs?: string[] } }>(dockerImages).map(
    ({ source }) => source.dockerOutputs,
  );
  expect(outputs.sort()).toEqual([['type=docker'], undefined]);
});

describe('the image for Python on another processor', () => {
  const HOSTS: readonly (readonly [NodeJS.Platform, NodeJS.Architecture, string, readonly string[]])[] = [
    ['linux', 'x64', 'arm64', ['modelship:emulatedBuild']],
    ['linux', 'x64', 'amd64', []],
    ['linux', 'arm64', 'amd64', ['modelship:emulatedBuild']],
    // Docker Desktop brings QEMU.
    ['darwin', 'arm64', 'amd64', []],
  ];

  test.each(HOSTS)('warns on %s %s of a build for %s: %s', (platform, arch, architecture, expected) => {
    const stack = stackOf();
    warnAboutEmulation(stack, architecture, { ...process, platform, arch });
    expect(warningIds(stack)).toEqual(expected);
  });

  test('and the one for ONNX does not, because its build runs nothing', () => {
    const stack = stackOf();
    for (const architecture of ['arm64', 'amd64']) AwsImage.fromAsset().pull(stack, { architecture, root: false });
    expect(warningIds(stack)).toEqual([]);
  });
});
