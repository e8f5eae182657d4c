import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  CreateProjectCommand,
  ListBuildsForProjectCommand,
} from '@aws-sdk/client-codebuild';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AwsImage, ManagedEndpointModel } from '../../lib/aws/index.js';
import { Moto } from '../support/moto.js';
import { requireTool } from '../support/tools.js';
import { Synthesized } from './aws-assets.js';
import { CloudFormationWaiting } from './cloudformation-waiting.js';
import { CodeBuildHost, type Ended, zipped } from './codebuild-host.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { IRIS } from './started-runtime.js';

const synthesized = new Synthesized((stack) => {
  new ManagedEndpointModel(stack, 'Iris', { model: IRIS, image: AwsImage.fromCodeBuild() });
});
const resource = synthesized.only('Custom::ModelshipImage');
const project = synthesized.only('AWS::CodeBuild::Project');
const PROJECT_TAG = resource.Tag as string;

/** Stands for the runtime, whose image test/images builds. */
const DOCKERFILE = `FROM scratch
ARG RUN_AS=65532:65532
USER \${RUN_AS}
COPY Dockerfile /
`;

/** The inline handler of the template, where a function's code lies. */
function handlerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-handler-'));
  const [{ Code }] = synthesized.all('AWS::Lambda::Function').filter(({ Code: code }) => code.ZipFile) as [
    { Code: { ZipFile: string } },
  ];
  writeFileSync(join(folder, 'index.js'), Code.ZipFile);
  return folder;
}

describe('an image that CodeBuild makes', () => {
  const waiting = new CloudFormationWaiting();
  let moto: Moto;
  let s3: S3Client;
  let codebuild: CodeBuildClient;
  let trigger: LambdaEnvironment;
  let host: CodeBuildHost;

  const ecr = (action: string, input: object) =>
    moto.call('ecr', `AmazonEC2ContainerRegistry_V20150921.${action}`, input);

  beforeAll(async () => {
    moto = await Moto.start();
    await waiting.start();
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = moto.env;
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    codebuild = new CodeBuildClient({ region, endpoint, credentials });
    const [bucket] = synthesized.resolve(project.Source.Location).split('/');
    await s3.send(new CreateBucketCommand({ Bucket: bucket! }));
    // Lambda's own Node has AWS's clients.
    const environment = { ...moto.env, NODE_PATH: join(import.meta.dirname, '../../node_modules') };
    trigger = new LambdaEnvironment({ handler: 'index.handler', codeFolder: handlerFolder(), environment });
    await trigger.start();
    const images = mkdtempSync(join(tmpdir(), 'modelship-buildah-'));
    const storage = ['--root', join(images, 'storage'), '--runroot', join(images, 'run'), '--storage-driver', 'vfs'];
    // What fails here fails again.
    const once = { ...moto.env, AWS_MAX_ATTEMPTS: '1' };
    host = new CodeBuildHost(s3, once, [requireTool('buildah'), ...storage]);
  }, 900_000);

  afterAll(async () => {
    await trigger.stop();
    waiting.stop();
    s3.destroy();
    codebuild.destroy();
    await moto.stop();
  });

  afterEach(() => expect(waiting.answers.splice(0)).toEqual([]));

  /** Makes what CloudFormation makes before the custom resource: the repository and the project, over a context. */
  async function provision(name: string, dockerfile = DOCKERFILE): Promise<void> {
    const made = await ecr('CreateRepository', { repositoryName: name, imageTagMutability: 'IMMUTABLE' });
    const repositoryId = synthesized.idOf('AWS::ECR::Repository');
    synthesized.known.set(repositoryId, name);
    synthesized.known.set(`${repositoryId}.Arn`, made.repository.repositoryArn);
    synthesized.known.set(synthesized.idOf('AWS::CodeBuild::Project'), name);
    synthesized.known.set(`${project.ServiceRole['Fn::GetAtt'][0]}.Arn`, 'arn:aws:iam::123456789012:role/build');
    const context = mkdtempSync(join(tmpdir(), 'modelship-context-'));
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    const location = synthesized.resolve(project.Source.Location);
    const [bucket, ...key] = location.split('/');
    await s3.send(new PutObjectCommand({ Bucket: bucket!, Key: key.join('/'), Body: zipped(context) }));
    const { Source, Environment, Artifacts } = project;
    await codebuild.send(
      new CreateProjectCommand({
        name,
        serviceRole: synthesized.resolve(project.ServiceRole),
        source: { type: Source.Type, location, buildspec: synthesized.resolve(Source.BuildSpec) },
        artifacts: { type: Artifacts.Type },
        environment: {
          type: Environment.Type,
          image: Environment.Image,
          computeType: Environment.ComputeType,
          privilegedMode: Environment.PrivilegedMode,
          environmentVariables: (Environment.EnvironmentVariables as { Name: string; Value: unknown }[]).map(
            ({ Name, Value }) => ({ name: Name, value: synthesized.resolve(Value) }),
          ),
        },
      }),
    );
  }

  /** What CloudFormation tells the function. */
  const eventOf = (RequestType: 'Create' | 'Update' | 'Delete', more: object = {}) => ({
    RequestType,
    ResponseURL: waiting.url,
    StackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/S/51af3dc0-da77-11e4-872e-1234567db123',
    RequestId: crypto.randomUUID(),
    LogicalResourceId: synthesized.idOf('Custom::ModelshipImage'),
    ResourceType: 'Custom::ModelshipImage',
    ResourceProperties: {
      Project: synthesized.resolve(resource.Project),
      Repository: synthesized.resolve(resource.Repository),
      Tag: PROJECT_TAG,
    },
    ...(RequestType === 'Create' ? {} : { PhysicalResourceId: PROJECT_TAG }),
    ...more,
  });

  async function builds(name: string): Promise<Build[]> {
    const { ids } = await codebuild.send(new ListBuildsForProjectCommand({ projectName: name }));
    return ids!.length > 0 ? (await codebuild.send(new BatchGetBuildsCommand({ ids }))).builds! : [];
  }

  /** Tells the function of an event, and runs the build that it starts. */
  async function build(name: string, event: ReturnType<typeof eventOf>): Promise<Ended & { id: string }> {
    const before = (await builds(name)).map(({ id }) => id);
    await trigger.invoke(event);
    expect(waiting.answers).toEqual([]);
    const [started, ...more] = (await builds(name)).filter(({ id }) => !before.includes(id));
    expect(more).toEqual([]);
    return { ...(await host.run(started!)), id: started!.id! };
  }

  const inRepository = async (name: string) => {
    const { images } = await ecr('BatchGetImage', { repositoryName: name, imageIds: [{ imageTag: PROJECT_TAG }] });
    return images[0] as { imageManifest: string; imageId: { imageDigest: string } };
  };

  test('is built, pushed and named by the digest that the repository has', async () => {
    await provision('created');
    const event = eventOf('Create');
    const { succeeded, docker, id } = await build('created', event);
    const answer = waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: PROJECT_TAG });
    expect(answer.Reason).toContain(id);
    expect(succeeded).toBe(true);
    const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    expect(docker).toEqual([
      `login --username AWS --password-stdin ${registry}`,
      `build --pull --build-arg RUN_AS=0:0 --tag ${registry}/created:${PROJECT_TAG} .`,
      `push ${registry}/created:${PROJECT_TAG}`,
    ]);

    const { imageManifest, imageId } = await inRepository('created');
    const digest = `sha256:${createHash('sha256').update(imageManifest).digest('hex')}`;
    expect(imageId.imageDigest).toBe(digest);
    expect(answer.Data).toEqual({ Digest: digest });
    synthesized.known.set(`${event.LogicalResourceId}.Digest`, digest);
    const { Image } = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;
    expect(synthesized.resolve(Image)).toBe(`${registry}/created@${digest}`);
  }, 60_000);

  test('is not built again where its tag is, whatever the context has become', async () => {
    await provision('updated', 'BAKE bread\n');
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
    await ecr('PutImage', { repositoryName: 'updated', imageManifest, imageTag: PROJECT_TAG });
    const event = eventOf('Update');
    const { docker } = await build('updated', event);
    expect(docker).toEqual([]);
    const { imageDigest: Digest } = (await inRepository('updated')).imageId;
    expect(waiting.answerTo(event)).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: PROJECT_TAG,
      Data: { Digest },
    });
  }, 60_000);

  test('fails the deployment if it cannot be built, with the build to look at, though S3 fails at first', async () => {
    await provision('broken', 'FROM scratch\nCOPY missing /\n');
    const event = eventOf('Create');
    waiting.failNext = true;
    const { docker, id } = await build('broken', event);
    const answer = waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: PROJECT_TAG, Data: {} });
    expect(answer.Reason).toContain(id);
    expect(docker.at(-1)).toMatch(/^build /);
  }, 60_000);

  test('fails the deployment if it cannot be pushed', async () => {
    await provision('unpushed');
    await ecr('DeleteRepository', { repositoryName: 'unpushed' });
    const event = eventOf('Create');
    const { docker } = await build('unpushed', event);
    expect(waiting.answerTo(event)).toMatchObject({ Status: 'FAILED', Data: {} });
    expect(docker.at(-1)).toMatch(/^push /);
  }, 60_000);

  test('fails the deployment at once if the build cannot be started', async () => {
    synthesized.known.set(synthesized.idOf('AWS::CodeBuild::Project'), 'no-such-project');
    const event = eventOf('Create');
    await trigger.invoke(event);
    const answer = waiting.answerTo(event);
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: PROJECT_TAG });
    expect(answer.Reason).toMatch(/not started: .*no-such-project/);
  });

  test('is left in the repository when the resource goes, and nothing is built', async () => {
    await provision('deleted');
    const event = eventOf('Delete', { PhysicalResourceId: 'an-older-tag' });
    await trigger.invoke(event);
    expect(waiting.answerTo(event)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'an-older-tag' });
    expect(await builds('deleted')).toEqual([]);
  });
});
