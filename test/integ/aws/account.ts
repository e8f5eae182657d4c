import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { AwsImage } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/index.js';
import { packModel } from '../../../lib/pack/index.js';
import { ImageSource } from '../../../lib/serving/index.js';
import { type Answer, AwsCalls } from '../../support/aws-calls.js';
import { Moto } from '../../support/moto.js';
import { stackName, synthesize } from './stacks.js';

const ROOT = join(__dirname, '..', '..', '..');

/** Version of the model that is deployed. */
export type Version = 'first' | 'second';

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Answer; DeletionPolicy?: string }>>;
}

/** Resource as CloudFormation lists it. */
export interface StackResource {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
}

/** AWS account that the run deploys to with the real CDK CLI, or the local endpoint that stands for one. */
export class Account {
  /** Opens the account of the credentials in the environment. */
  static async real(): Promise<Account> {
    const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
    if (!region) throw new Error('NOT RUN: set AWS_REGION, and credentials of an account that is bootstrapped there.');
    // The CDK CLI and boto3 read one each.
    const account = new Account({ ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region });
    await account.prepare(() => AwsImage.fromCodeBuild(), Architecture.ARM_64);
    return account;
  }

  /** Starts the local endpoint and bootstraps it. */
  static async local(): Promise<Account> {
    const moto = await Moto.start();
    const account = new Account({ ...process.env, ...moto.env, AWS_ENDPOINT_URL_S3: moto.url }, moto);
    // Nothing builds or pulls the image here. Functions run on this machine.
    const image = (repository: string) => ImageSource.fromRegistry(`${repository}@sha256:${'0a'.repeat(32)}`);
    const architecture = process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
    await account.prepare(image, architecture);
    await account.cdk('bootstrap', `aws://${account.id}/${account.region}`);
    return account;
  }

  id!: string;
  region!: string;
  /** Messages of synthesis, by stack name. */
  messages!: ReadonlyMap<string, readonly string[]>;
  readonly work = mkdtempSync(join(tmpdir(), 'modelship-integ-'));
  readonly models: Record<Version, Model>;
  private readonly aws: AwsCalls;

  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly moto?: Moto,
  ) {
    this.aws = new AwsCalls(env);
    const first = Model.fromDirectory(join(ROOT, 'examples', 'iris', 'model'));
    this.models = { first, second: first };
  }

  get isLocal(): boolean {
    return this.moto !== undefined;
  }

  call(service: string, operation: string, parameters?: object): Promise<Answer> {
    return this.aws.call(service, operation, parameters);
  }

  async deploy(name: string, version: Version): Promise<void> {
    // The local endpoint creates change sets that never become ready.
    const options = ['--method=direct', '--no-previous-parameters', '--require-approval=never'];
    await this.cdk('deploy', stackName(name), '--exclusively', ...options, '--app', this.assembly(version));
  }

  async destroy(name: string): Promise<void> {
    await this.cdk('destroy', stackName(name), '--exclusively', '--force', '--app', this.assembly('second'));
  }

  async stop(): Promise<void> {
    await this.aws.stop();
    await this.moto?.stop();
    rmSync(this.work, { recursive: true, force: true });
  }

  async resources(name: string): Promise<StackResource[]> {
    const { StackResources } = await this.call('cloudformation', 'describe_stack_resources', {
      StackName: stackName(name),
    });
    return StackResources;
  }

  /** Resources that CloudFormation keeps when it deletes the stack. */
  async retained(name: string): Promise<StackResource[]> {
    const { Resources } = this.template(name, 'second');
    const kept = (id: string) => (Resources[id]?.DeletionPolicy ?? 'Delete') !== 'Delete';
    return (await this.resources(name)).filter(({ LogicalResourceId }) => kept(LogicalResourceId));
  }

  /** ARNs of existing resources with a tag. AWS lists deleted ones for some time. */
  async tagged(tag: { readonly key: string; readonly value: string }): Promise<string[]> {
    const { ResourceTagMappingList } = await this.call('resourcegroupstaggingapi', 'get_resources', {
      TagFilters: [{ Key: tag.key, Values: [tag.value] }],
    });
    return ResourceTagMappingList.map(({ ResourceARN }: Answer) => ResourceARN);
  }

  /** Physical ids of the resources of a type. */
  async idsOf(name: string, type: string): Promise<string[]> {
    const found = (await this.resources(name)).filter(({ ResourceType }) => ResourceType === type);
    return found.map(({ PhysicalResourceId }) => PhysicalResourceId);
  }

  /** Configuration of the function that serves the model, at its alias. */
  async functionOf(name: string): Promise<Answer> {
    for (const FunctionName of await this.idsOf(name, 'AWS::Lambda::Function')) {
      const { Configuration } = await this.call('lambda', 'get_function', { FunctionName });
      if (!Configuration.Environment?.Variables?.[ENVIRONMENT.modelDigest]) continue;
      return this.call('lambda', 'get_function_configuration', { FunctionName, Qualifier: 'live' });
    }
    throw new Error(`${name} has no function that serves a model`);
  }

  /** Digest of the model that the stack serves. */
  async digest(name: string): Promise<string | undefined> {
    const [service] = await this.idsOf(name, 'AWS::ECS::Service');
    if (service) {
      const [cluster] = await this.idsOf(name, 'AWS::ECS::Cluster');
      const { services } = await this.call('ecs', 'describe_services', { cluster, services: [service] });
      const { taskDefinition } = services[0];
      const described = await this.call('ecs', 'describe_task_definition', { taskDefinition });
      const [{ environment }] = described.taskDefinition.containerDefinitions;
      return environment.find(({ name: variable }: Answer) => variable === ENVIRONMENT.modelDigest)?.value;
    }
    const [endpoint] = await this.idsOf(name, 'AWS::SageMaker::Endpoint');
    if (endpoint) {
      const EndpointName = endpoint.split('/').at(-1);
      const { EndpointConfigName } = await this.call('sagemaker', 'describe_endpoint', { EndpointName });
      const config = await this.call('sagemaker', 'describe_endpoint_config', { EndpointConfigName });
      const ModelName = config.ProductionVariants[0].ModelName ?? (await this.componentModel(name));
      const { PrimaryContainer } = await this.call('sagemaker', 'describe_model', { ModelName });
      return PrimaryContainer.Environment?.[ENVIRONMENT.modelDigest];
    }
    return (await this.functionOf(name)).Environment.Variables[ENVIRONMENT.modelDigest];
  }

  private async componentModel(name: string): Promise<string> {
    const [component] = await this.idsOf(name, 'AWS::SageMaker::InferenceComponent');
    const InferenceComponentName = component!.split('/').at(-1);
    const { Specification } = await this.call('sagemaker', 'describe_inference_component', { InferenceComponentName });
    return Specification.ModelName;
  }

  /** Output `predictUrl` of the stack. */
  async predictUrl(name: string): Promise<string> {
    const { Stacks } = await this.call('cloudformation', 'describe_stacks', { StackName: stackName(name) });
    return Stacks[0].Outputs.find(({ OutputKey }: Answer) => OutputKey === 'predictUrl').OutputValue;
  }

  /** Runs the CLI of this repository with the credentials of the account. */
  async modelship(...args: string[]): Promise<string> {
    const cli = join(ROOT, 'dist', 'bin', 'modelship.js');
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env: this.env });
    return stdout;
  }

  /** Downloads the assets of the function's code and layer, and unpacks them. */
  async functionFolders(name: string, version: Version): Promise<{ code: string; layer: string }> {
    const { Resources } = this.template(name, version);
    const keyOf = (type: string, property: string) =>
      Object.values(Resources).find(({ Type, Properties }) => Type === type && Properties[property]?.S3Key)!.Properties[
        property
      ].S3Key;
    return {
      code: await this.unpacked(keyOf('AWS::Lambda::Function', 'Code')),
      layer: await this.unpacked(keyOf('AWS::Lambda::LayerVersion', 'Content')),
    };
  }

  private async unpacked(key: string): Promise<string> {
    const file = join(this.work, key);
    const url = `s3://cdk-hnb659fds-assets-${this.id}-${this.region}/${key}`;
    await promisify(execFile)('aws', ['s3', 'cp', url, file], { env: this.env });
    const folder = file.replace('.zip', '');
    await promisify(execFile)('python3', ['-m', 'zipfile', '-e', file, folder]);
    return folder;
  }

  private async prepare(image: (repository: string) => ImageSource, architecture: Architecture): Promise<void> {
    const identity = await this.call('sts', 'get_caller_identity').catch((error) => {
      throw new Error(`NOT RUN: the credentials open no AWS account (${error.message}).`);
    });
    this.id = identity.Account;
    this.region = this.env.AWS_REGION!;
    const out = join(this.work, 'iris-2');
    await packModel({ source: join(ROOT, 'examples', 'iris', 'model.onnx'), name: 'iris', version: '2', out });
    this.models.second = Model.fromDirectory(out);
    const repository = `${this.id}.dkr.ecr.${this.region}.amazonaws.com/modelship/runtime`;
    for (const version of ['first', 'second'] as const) {
      const model = this.models[version];
      this.messages = synthesize(this.assembly(version), { model, image: image(repository), architecture });
    }
  }

  private assembly(version: Version): string {
    return join(this.work, version);
  }

  private template(name: string, version: Version): Template {
    return JSON.parse(readFileSync(join(this.assembly(version), `${stackName(name)}.template.json`), 'utf8'));
  }

  private async cdk(...args: string[]): Promise<void> {
    const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const options = { cwd: this.work, env: this.env, maxBuffer: 1 << 26 };
    await promisify(execFile)(process.execPath, [cli, ...args, '--ci'], options).catch((error) => {
      throw new Error(`cdk ${args[0]} ${args[1]}: ${error.stdout}\n${error.stderr}`);
    });
  }
}
