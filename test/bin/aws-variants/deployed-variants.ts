import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { VARIANTS as CONTAINER } from '../../lib/aws/container-variants.js';
import { VARIANTS as ENDPOINT } from '../../lib/aws/managed-endpoint-variants.js';
import { VARIANTS as SERVERLESS } from '../../lib/aws/serverless-variants.js';
import { type Answer, AwsCalls } from '../../support/aws-calls.js';
import { Moto } from '../../support/moto.js';
import { stackName, synthesizeVariants, type VariantConstruct } from './variants-app.js';

/** Where the images and the certificate of the variants are. */
const REGION = 'eu-west-1';
const ACCOUNT = '123456789012';
const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A resource as CloudFormation lists it. */
export interface Made {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
}

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; DeletionPolicy?: string }>>;
}

/** A stack for every variant of every construct, which the real CLI deploys to a local AWS endpoint. */
class DeployedVariants {
  aws!: AwsCalls;
  private moto!: Moto;
  private environment!: NodeJS.ProcessEnv;
  private readonly work = mkdtempSync(join(tmpdir(), 'modelship-variants-'));

  async start(): Promise<void> {
    this.moto = await Moto.start();
    this.environment = {
      ...process.env,
      ...this.moto.env,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ENDPOINT_URL_S3: this.moto.url,
    };
    this.aws = new AwsCalls(this.environment);
    await this.prepare();
  }

  async stop(): Promise<void> {
    await this.aws?.stop();
    await this.moto?.stop();
    rmSync(this.work, { recursive: true, force: true });
  }

  /** Deploys everything as it is at first, or with the next version of each model and other bounds. */
  async deploy(app: 'first' | 'next'): Promise<void> {
    // As aws.test.ts says; parameters are those of the template.
    const how = ['--method=direct', '--no-previous-parameters', '--require-approval=never'];
    await this.cdk('deploy', '--all', '--concurrency', '8', '--app', join(this.work, app), ...how);
  }

  /**
   * Updates stacks to what AWS refuses in the end.
   *
   * @returns what the CLI reports of each
   */
  async deployBroken(stacks: readonly string[]): Promise<string[]> {
    const app = join(this.work, 'broken');
    const how = ['--exclusively', '--method=direct', '--no-previous-parameters', '--require-approval=never'];
    const reports: string[] = [];
    // The CLI starts no further stack after one has failed.
    for (const stack of stacks) {
      const deployed = this.cdk('deploy', stack, '--app', app, ...how).then(() => 'deployed');
      reports.push(await deployed.catch((error: Error) => error.message));
    }
    return reports;
  }

  async destroy(): Promise<void> {
    await this.cdk('destroy', '--all', '--force', '--concurrency', '8', '--app', join(this.work, 'next'));
  }

  /** The stacks of all variants. */
  get stacks(): string[] {
    return [...this.templates('next').keys()];
  }

  /** Those of a stack's template, in order. */
  logicalIds(stack: string, app: 'first' | 'next' = 'first'): string[] {
    return Object.keys(this.templates(app).get(stack)!.Resources).sort();
  }

  /** How many there are of a type in all stacks, after the update. */
  count(type: string): number {
    const found = [...this.templates('next').values()].flatMap(({ Resources }) => Object.values(Resources));
    return found.filter(({ Type }) => Type === type).length;
  }

  /** The digest of the model that each variant serves, where the runtime is told one. */
  async digests(): Promise<Map<string, string>> {
    const digests = new Map<string, string>();
    const add = (variant: string, digest?: string) => digest && digests.set(variant, digest);
    for (const variant of Object.keys(SERVERLESS)) {
      const { Variables } = (await this.functionOf(variant)).Configuration.Environment;
      add(stackName('serverless', variant), Variables[ENVIRONMENT.modelDigest]);
    }
    for (const variant of Object.keys(CONTAINER)) {
      const [{ environment }] = (await this.taskOf(variant)).containerDefinitions;
      const digest = environment.find(({ name }: Answer) => name === ENVIRONMENT.modelDigest);
      add(stackName('container', variant), digest?.value);
    }
    for (const variant of Object.keys(ENDPOINT)) {
      const [arn] = await this.those('endpoint', variant, 'AWS::SageMaker::Model');
      const model = await this.aws.call('sagemaker', 'describe_model', { ModelName: arn!.split('/')[1] });
      // The model of a pipeline is behind one that prepares requests.
      const { Environment } = model.PrimaryContainer ?? model.Containers[1];
      add(stackName('endpoint', variant), Environment?.[ENVIRONMENT.modelDigest]);
    }
    return digests;
  }

  /** What CloudFormation leaves when a stack is destroyed, by type and id without the hash. */
  get retained(): string[] {
    const found = [...this.templates('next').values()].flatMap(({ Resources }) => Object.entries(Resources));
    const kept = found.filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete');
    return kept.map(([id, { Type }]) => `${Type} ${id.replace(/[0-9A-F]{8}([0-9a-f]{32})?$/, '')}`);
  }

  async resources(stack: string): Promise<Made[]> {
    const { StackResources } = await this.aws.call('cloudformation', 'describe_stack_resources', { StackName: stack });
    return StackResources;
  }

  /** Those of one type, by which AWS's services know them. */
  async those(construct: VariantConstruct, variant: string, type: string): Promise<string[]> {
    const made = await this.resources(stackName(construct, variant));
    return made.filter(({ ResourceType }) => ResourceType === type).map(({ PhysicalResourceId }) => PhysicalResourceId);
  }

  /** @throws Error unless there is one and no more */
  async only(construct: VariantConstruct, variant: string, type: string): Promise<string> {
    const found = await this.those(construct, variant, type);
    if (found.length !== 1) throw new Error(`got ${found.length} of ${type} in ${construct} ${variant}`);
    return found[0]!;
  }

  /** The function that serves, with its code and configuration. */
  async functionOf(variant: string): Promise<Answer> {
    for (const FunctionName of await this.those('serverless', variant, 'AWS::Lambda::Function')) {
      const found = await this.aws.call('lambda', 'get_function', { FunctionName });
      if (found.Configuration.Description.startsWith('Serves')) return found;
    }
    throw new Error(`no function serves in ${variant}`);
  }

  async serviceOf(variant: string): Promise<Answer> {
    const cluster = await this.only('container', variant, 'AWS::ECS::Cluster');
    const services = [await this.only('container', variant, 'AWS::ECS::Service')];
    return (await this.aws.call('ecs', 'describe_services', { cluster, services })).services[0];
  }

  async taskOf(variant: string): Promise<Answer> {
    const { taskDefinition } = await this.serviceOf(variant);
    return (await this.aws.call('ecs', 'describe_task_definition', { taskDefinition })).taskDefinition;
  }

  /** Each listener's port and certificates, and the actions of the one rule that it has beside its default. */
  async listenersOf(variant: string): Promise<Answer[]> {
    const LoadBalancerArn = await this.only('container', variant, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    const { Listeners } = await this.aws.call('elbv2', 'describe_listeners', { LoadBalancerArn });
    const rules = Listeners.map(async ({ ListenerArn, Port, Protocol, Certificates }: Answer) => {
      const { Rules } = await this.aws.call('elbv2', 'describe_rules', { ListenerArn });
      const [rule] = Rules.filter(({ IsDefault }: Answer) => !IsDefault);
      return { port: Port, protocol: Protocol, certificates: Certificates ?? [], actions: rule.Actions };
    });
    return Promise.all(rules);
  }

  async endpointOf(variant: string): Promise<{ endpoint: Answer; config: Answer }> {
    const arn = await this.only('endpoint', variant, 'AWS::SageMaker::Endpoint');
    const endpoint = await this.aws.call('sagemaker', 'describe_endpoint', { EndpointName: arn.split('/')[1] });
    const { EndpointConfigName } = endpoint;
    const config = await this.aws.call('sagemaker', 'describe_endpoint_config', { EndpointConfigName });
    return { endpoint, config };
  }

  /** Between how few and how many there may be of whatever of a variant is scaled, in the order of its variants. */
  async bounds(construct: 'container' | 'endpoint', variant: string): Promise<[min: number, max: number][]> {
    const ids = await this.those(construct, variant, 'AWS::ApplicationAutoScaling::ScalableTarget');
    const ServiceNamespace = construct === 'container' ? 'ecs' : 'sagemaker';
    const { ScalableTargets } = await this.aws.call('application-autoscaling', 'describe_scalable_targets', {
      ServiceNamespace,
    });
    return ids.map((id) => {
      const { MinCapacity, MaxCapacity } = ScalableTargets.find(({ ResourceId }: Answer) => id.startsWith(ResourceId));
      return [MinCapacity, MaxCapacity];
    });
  }

  private async prepare(): Promise<void> {
    const { CertificateArn } = await this.aws.call('acm', 'request_certificate', { DomainName: 'iris.example.com' });
    for (const app of ['first', 'next'] as const) {
      const next = app === 'next';
      synthesizeVariants({ outdir: join(this.work, app), next, certificateArn: CertificateArn });
    }
    synthesizeVariants({
      outdir: join(this.work, 'broken'),
      next: false,
      broken: true,
      certificateArn: CertificateArn,
    });
    await this.cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`, '--app', join(this.work, 'first'));
    for (const app of ['first', 'next']) await this.publishImages(join(this.work, app));
  }

  /** Images that would be built are in their repository already, as a pipeline leaves them. */
  private async publishImages(folder: string): Promise<void> {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.assets.json'))) {
      const { dockerImages = {} } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      for (const hash of Object.keys(dockerImages)) {
        await this.aws.call('ecr', 'put_image', {
          repositoryName: `cdk-hnb659fds-container-assets-${ACCOUNT}-${REGION}`,
          imageTag: hash,
          imageDigest: `sha256:${hash}`,
          imageManifest: JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_MANIFEST, config: {}, layers: [] }),
        });
      }
    }
  }

  private templates(app: 'first' | 'next'): Map<string, Template> {
    const folder = join(this.work, app);
    const names = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
    return new Map(
      names.map((name) => [name.replace('.template.json', ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
    );
  }

  private async cdk(...args: string[]): Promise<void> {
    const cli = join(__dirname, '..', '..', '..', 'node_modules', 'aws-cdk', 'bin', 'cdk');
    await promisify(execFile)(process.execPath, [cli, ...args, '--ci'], {
      cwd: this.work,
      env: this.environment,
      maxBuffer: 1 << 26,
    }).catch((error) => {
      throw new Error(`cdk ${args.join(' ')}: ${error.stdout}\n${error.stderr}`);
    });
  }
}

/** Those of this run, which all tests look at. */
export const variants = new DeployedVariants();

/** A call of an AWS service, and its whole answer. */
export const call: AwsCalls['call'] = (...args) => variants.aws.call(...args);

/** The alarms that are there, of those that have these names. */
export async function alarms(names: string[]): Promise<string[]> {
  const { MetricAlarms } = await call('cloudwatch', 'describe_alarms', { AlarmNames: names });
  return MetricAlarms.map(({ AlarmName }: Answer) => AlarmName).sort();
}

/** The deployment group of a function, and the two names that it is called by. */
export async function codeDeploy(variant: string) {
  const [applicationName, deploymentGroupName] = await Promise.all(
    ['Application', 'DeploymentGroup'].map((kind) => variants.only('serverless', variant, `AWS::CodeDeploy::${kind}`)),
  );
  const of = { applicationName, deploymentGroupName };
  const { deploymentGroupInfo: group } = await call('codedeploy', 'get_deployment_group', of);
  return { of, group };
}
