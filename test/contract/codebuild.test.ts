import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireTool } from '../support/tools.js';
import { ImageDeployment } from './image-deployment.js';

/** Stands for the runtime, whose image test/images builds. */
const DOCKERFILE = `FROM scratch
ARG RUN_AS=65532:65532
USER \${RUN_AS}
COPY Dockerfile /
`;

function contextOf(dockerfile: string): string {
  const context = mkdtempSync(join(tmpdir(), 'modelship-context-'));
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  return context;
}

describe('an image that CodeBuild makes', () => {
  let deployment: ImageDeployment;

  beforeAll(async () => {
    const images = mkdtempSync(join(tmpdir(), 'modelship-buildah-'));
    const storage = ['--root', join(images, 'storage'), '--runroot', join(images, 'run'), '--storage-driver', 'vfs'];
    deployment = await ImageDeployment.start([requireTool('buildah'), ...storage]);
  }, 900_000);

  afterAll(() => deployment.stop());

  afterEach(() => expect(deployment.waiting.answers.splice(0)).toEqual([]));

  test('is built, pushed and named by the digest that the repository has', async () => {
    await deployment.provision('created', contextOf(DOCKERFILE));
    const event = deployment.event('Create');
    const { succeeded, docker, id } = await deployment.build('created', event);
    const answer = deployment.waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: deployment.tag });
    expect(answer.Reason).toContain(id);
    expect(succeeded).toBe(true);
    const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    expect(docker).toEqual([
      `login --username AWS --password-stdin ${registry}`,
      `build --pull --provenance=false --sbom=false --output=type=docker --build-arg RUN_AS=0:0 --tag ${registry}/created:${deployment.tag} .`,
      `push ${registry}/created:${deployment.tag}`,
    ]);

    const { imageManifest, imageId } = await deployment.image('created');
    const digest = `sha256:${createHash('sha256').update(imageManifest).digest('hex')}`;
    expect(imageId.imageDigest).toBe(digest);
    // SageMaker takes no other.
    expect(JSON.parse(imageManifest).mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(answer.Data).toEqual({ Digest: digest });
    deployment.synthesized.known.set(`${event.LogicalResourceId}.Digest`, digest);
    const { Image } = deployment.synthesized.only('AWS::SageMaker::Model').PrimaryContainer;
    expect(deployment.synthesized.resolve(Image)).toBe(`${registry}/created@${digest}`);
  }, 60_000);

  test('is not built again where its tag is, whatever the context has become', async () => {
    await deployment.provision('updated', contextOf('BAKE bread\n'));
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
    await deployment.ecr('put_image', { repositoryName: 'updated', imageManifest, imageTag: deployment.tag });
    const event = deployment.event('Update');
    const { docker } = await deployment.build('updated', event);
    expect(docker).toEqual([]);
    const { imageDigest: Digest } = (await deployment.image('updated')).imageId;
    expect(deployment.waiting.answerTo(event)).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: deployment.tag,
      Data: { Digest },
    });
  }, 60_000);

  test('fails the deployment if it cannot be built, with the build to look at, though S3 fails at first', async () => {
    await deployment.provision('broken', contextOf('FROM scratch\nCOPY missing /\n'));
    const event = deployment.event('Create');
    deployment.waiting.failNext = true;
    const { docker, id } = await deployment.build('broken', event);
    const answer = deployment.waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: deployment.tag, Data: {} });
    expect(answer.Reason).toContain(id);
    expect(docker.at(-1)).toMatch(/^build /);
  }, 60_000);

  test('fails the deployment if it cannot be pushed', async () => {
    await deployment.provision('unpushed', contextOf(DOCKERFILE));
    await deployment.ecr('delete_repository', { repositoryName: 'unpushed' });
    const event = deployment.event('Create');
    const { docker } = await deployment.build('unpushed', event);
    expect(deployment.waiting.answerTo(event)).toMatchObject({ Status: 'FAILED', Data: {} });
    expect(docker.at(-1)).toMatch(/^push /);
  }, 60_000);

  test('fails the deployment at once if the build cannot be started', async () => {
    deployment.synthesized.known.set(deployment.synthesized.idOf('AWS::CodeBuild::Project'), 'no-such-project');
    const event = deployment.event('Create');
    await deployment.tell(event);
    const answer = deployment.waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: deployment.tag });
    expect(answer.Reason).toMatch(/not started: .*no-such-project/);
  });

  test('is left in the repository when the resource goes, and nothing is built', async () => {
    await deployment.provision('deleted', contextOf(DOCKERFILE));
    const event = deployment.event('Delete', { PhysicalResourceId: 'an-older-tag' });
    await deployment.tell(event);
    expect(deployment.waiting.answerTo(event)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'an-older-tag' });
    expect(await deployment.builds('deleted')).toEqual([]);
  });
});
