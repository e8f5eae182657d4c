import { App, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { expect, test } from 'vitest';
import { AwsImage } from '../../../lib/aws/index.js';

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

test('an image of ours names its repository, so that pulling it can be granted exactly', () => {
  const stack = stackOf();
  const { repositoryArn } = AwsImage.fromAsset().pull(stack, { architecture: 'arm64', root: false });
  expect(JSON.stringify(stack.resolve(repositoryArn))).toMatch(/:repository\/.*cdk-hnb659fds-container-assets-/);
});

test('an image that is there is pulled by tag or digest', () => {
  const stack = stackOf();
  const repository = Repository.fromRepositoryName(stack, 'Repository', 'runtime');
  const uri = (tagOrDigest: string) =>
    JSON.stringify(stack.resolve(AwsImage.fromEcr(repository, tagOrDigest).bind(stack)));
  expect(uri('1.0')).toContain('/runtime:1.0');
  expect(uri(`sha256:${'0a'.repeat(32)}`)).toContain('/runtime@sha256:');
});
