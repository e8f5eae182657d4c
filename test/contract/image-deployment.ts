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
import { expect } from 'vitest';
import { AwsImage, ManagedEndpointModel } from '../../lib/aws/index.js';
import { type Answer, AwsCalls } from '../support/aws-calls.js';
import { Moto } from '../support/moto.js';
import { Synthesized } from './aws-assets.js';
import { CloudFormationWaiting } from './cloudformation-waiting.js';
import { CodeBuildHost, type Ended, zipped } from './codebuild-host.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { IRIS } from './started-runtime.js';

/** What CloudFormation tells the function behind a custom resource. */
export interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceProperties: { readonly Project: string; readonly Repository: string; readonly Tag: string };
  readonly PhysicalResourceId?: string;
}

/** A stack with an image that CodeBuild makes, while it is deployed. */
export class ImageDeployment {
  readonly synthesized = new Synthesized((stack) => {
    new ManagedEndpointModel(stack, 'Iris', { model: IRIS, image: AwsImage.fromCodeBuild() });
  });
  readonly waiting = new CloudFormationWaiting();
  /** Of the image. */
  readonly tag: string;

  private readonly resource = this.synthesized.only('Custom::ModelshipImage');
  private readonly project = this.synthesized.only('AWS::CodeBuild::Project');
  private readonly host: CodeBuildHost;
  private readonly trigger: LambdaEnvironment;
  private readonly aws: AwsCalls;
  private readonly s3: S3Client;
  private readonly codebuild: CodeBuildClient;

  /** @param buildah the command, with where images lie */
  static async start(buildah: readonly string[]): Promise<ImageDeployment> {
    const deployment = new ImageDeployment(await Moto.start(), buildah);
    await deployment.waiting.start();
    await deployment.trigger.start();
    const [bucket] = deployment.location;
    await deployment.s3.send(new CreateBucketCommand({ Bucket: bucket! }));
    return deployment;
  }

  private constructor(
    private readonly moto: Moto,
    buildah: readonly string[],
  ) {
    this.tag = this.resource.Tag;
    this.aws = new AwsCalls({ ...process.env, ...moto.env });
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = moto.env;
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    this.s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    this.codebuild = new CodeBuildClient({ region, endpoint, credentials });
    // What fails here fails again.
    this.host = new CodeBuildHost(this.s3, { ...moto.env, AWS_MAX_ATTEMPTS: '1' }, buildah);
    // Lambda's own Node has AWS's clients.
    const environment = { ...moto.env, NODE_PATH: join(import.meta.dirname, '../../node_modules') };
    this.trigger = new LambdaEnvironment({ handler: 'index.handler', codeFolder: this.handlerFolder(), environment });
  }

  async stop(): Promise<void> {
    await this.trigger.stop();
    this.waiting.stop();
    this.s3.destroy();
    this.codebuild.destroy();
    await this.aws.stop();
    await this.moto.stop();
  }

  /** Where the deployment uploads the context to: the bucket, and the key. */
  private get location(): [string, string] {
    const [bucket, ...key] = this.synthesized.resolve(this.project.Source.Location).split('/');
    return [bucket!, key.join('/')];
  }

  /** The context that the deployment uploads. */
  get context(): string {
    const [bucket, key] = this.location;
    return this.synthesized.files.find((file) => file.bucket === bucket && file.key === key)!.path;
  }

  /** The inline handler of the template, where a function's code lies. */
  private handlerFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-handler-'));
    const functions = this.synthesized.all('AWS::Lambda::Function');
    const { Code } = functions.find(({ Code: code }) => code.ZipFile);
    writeFileSync(join(folder, 'index.js'), Code.ZipFile);
    return folder;
  }

  ecr(operation: string, parameters: object): Promise<Answer> {
    return this.aws.call('ecr', operation, parameters);
  }

  /** Makes what is there before the custom resource: the repository and the project of the name, over a context. */
  async provision(name: string, context: string): Promise<void> {
    const { synthesized, project } = this;
    const { repository } = await this.ecr('create_repository', {
      repositoryName: name,
      imageTagMutability: 'IMMUTABLE',
    });
    const repositoryId = synthesized.idOf('AWS::ECR::Repository');
    synthesized.known.set(repositoryId, name);
    synthesized.known.set(`${repositoryId}.Arn`, repository.repositoryArn);
    synthesized.known.set(synthesized.idOf('AWS::CodeBuild::Project'), name);
    synthesized.known.set(`${project.ServiceRole['Fn::GetAtt'][0]}.Arn`, 'arn:aws:iam::123456789012:role/build');
    const [bucket, key] = this.location;
    await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: zipped(context) }));
    const { Source, Environment, Artifacts } = project;
    await this.codebuild.send(
      new CreateProjectCommand({
        name,
        serviceRole: synthesized.resolve(project.ServiceRole),
        source: { type: Source.Type, location: `${bucket}/${key}`, buildspec: synthesized.resolve(Source.BuildSpec) },
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

  /** As CloudFormation tells the function of the custom resource. */
  event(RequestType: ResourceEvent['RequestType'], more: Partial<ResourceEvent> = {}): ResourceEvent {
    const { synthesized, resource, tag } = this;
    return {
      RequestType,
      ResponseURL: this.waiting.url,
      StackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/S/51af3dc0-da77-11e4-872e-1234567db123',
      RequestId: crypto.randomUUID(),
      LogicalResourceId: synthesized.idOf('Custom::ModelshipImage'),
      ResourceType: 'Custom::ModelshipImage',
      ResourceProperties: {
        Project: synthesized.resolve(resource.Project),
        Repository: synthesized.resolve(resource.Repository),
        Tag: tag,
      },
      ...(RequestType === 'Create' ? {} : { PhysicalResourceId: tag }),
      ...more,
    };
  }

  /** Tells the function of an event. */
  async tell(event: ResourceEvent): Promise<void> {
    await this.trigger.invoke(event);
  }

  async builds(name: string): Promise<Build[]> {
    const { ids } = await this.codebuild.send(new ListBuildsForProjectCommand({ projectName: name }));
    return ids!.length > 0 ? (await this.codebuild.send(new BatchGetBuildsCommand({ ids }))).builds! : [];
  }

  /** Tells the function of an event, and runs the one build of the project that it starts. */
  async build(name: string, event: ResourceEvent): Promise<Ended & { id: string }> {
    await this.tell(event);
    expect(this.waiting.answers).toEqual([]);
    const [started, ...more] = await this.builds(name);
    expect(more).toEqual([]);
    return { ...(await this.host.run(started!)), id: started!.id! };
  }

  /** The image of the tag, in the repository. */
  async image(name: string): Promise<{ imageManifest: string; imageId: { imageDigest: string } }> {
    const { images } = await this.ecr('batch_get_image', { repositoryName: name, imageIds: [{ imageTag: this.tag }] });
    return images[0];
  }
}
