import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readManifest } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packModel } from '../../lib/pack/index.js';
import { Moto } from '../support/moto.js';

// The real CLI deploys the real app to a local AWS endpoint. `--method=direct`, because the endpoint makes change sets
// that never get ready; the template is the same.
const root = join(__dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'modelship-deploy-'));
/** No Docker builds one here. */
const IMAGE = `123456789012.dkr.ecr.us-east-1.amazonaws.com/modelship/runtime@sha256:${'0a'.repeat(32)}`;
const first = join(root, 'examples', 'iris', 'model');
const second = join(work, 'iris-2');
const digestOf = (directory: string) => readManifest(directory).digest;
let moto: Moto;
let environment: NodeJS.ProcessEnv;

async function cdk(...args: string[]): Promise<string> {
  const cli = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const common = ['--output', join(work, 'cdk.out'), '--ci'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...args, ...common], {
    cwd: root,
    env: environment,
    maxBuffer: 1 << 26,
  }).catch((error) => {
    throw new Error(`cdk ${args.join(' ')}: ${error.stdout}\n${error.stderr}`);
  });
  return `${stdout}\n${stderr}`;
}

const context = (values: Record<string, string | number>) =>
  Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const deploy = (values: Record<string, string | number>) =>
  cdk('deploy', '--method=direct', '--no-previous-parameters', '--require-approval=never', ...context(values));

const destroy = (values: Record<string, string | number>) => cdk('destroy', '--force', ...context(values));

const aws = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], { env: environment });
  return JSON.parse(stdout);
};

const stacks = async (): Promise<string[]> =>
  (await aws('cloudformation', 'describe-stacks')).Stacks.map(({ StackName }: { StackName: string }) => StackName);

/** What may be between how few and how many of the one thing that scales. */
async function scaling(service: string) {
  const { ScalableTargets } = await aws(
    'application-autoscaling',
    'describe-scalable-targets',
    '--service-namespace',
    service,
  );
  return ScalableTargets.map(({ MinCapacity, MaxCapacity }: Record<string, number>) => [MinCapacity, MaxCapacity]);
}

interface Service {
  readonly serviceArn: string;
  readonly status: string;
  readonly taskDefinition: string;
  readonly desiredCount: number;
}

beforeAll(async () => {
  await packModel({
    source: join(root, 'examples', 'iris', 'model.onnx'),
    name: 'iris',
    version: '2',
    out: second,
  });
  moto = await Moto.start();
  environment = { ...process.env, ...moto.env, AWS_ENDPOINT_URL_S3: moto.url };
  await cdk('bootstrap', 'aws://123456789012/us-east-1');
}, 120_000);

afterAll(async () => {
  await moto.stop();
  rmSync(work, { recursive: true, force: true });
});

describe('the CDK app, by the real CLI', { timeout: 400_000 }, () => {
  test('deploys a function, updates it to a new model version, and destroys it', async () => {
    const deployed = async () => {
      const { Functions } = await aws('lambda', 'list-functions');
      const [{ FunctionName, Environment }] = Functions;
      // The endpoint publishes a version before it updates the function, so that its number tells nothing.
      await aws('lambda', 'get-alias', '--function-name', FunctionName, '--name', 'live');
      return Environment.Variables.MODELSHIP_MODEL_DIGEST;
    };
    const output = await deploy({ package: first });
    expect(output).toMatch(/predictUrl = https:\/\/.*\/v1\/models\/iris:predict/);
    expect(await deployed()).toBe(digestOf(first));

    await deploy({ package: second });
    expect(await deployed()).toBe(digestOf(second));

    await destroy({ package: second });
    expect(await stacks()).not.toContain('Modelship-iris');
    expect((await aws('lambda', 'list-functions')).Functions).toEqual([]);
  });

  test('deploys a function behind its own URL, moves it behind an HTTP API, and destroys it', async () => {
    const functions = async () => (await aws('lambda', 'list-functions')).Functions;
    const url = async () => {
      const [{ FunctionName }] = await functions();
      return aws('lambda', 'get-function-url-config', '--function-name', FunctionName, '--qualifier', 'live');
    };
    const apis = async () => (await aws('apigatewayv2', 'get-apis')).Items;

    const behindUrl = await deploy({ front: 'functionUrl' });
    expect(behindUrl).toMatch(/predictUrl = https:\/\/.*\.lambda-url\..*\/v1\/models\/iris:predict/);
    expect(behindUrl).toMatch(/predictCommand = curl --aws-sigv4 'aws:amz:us-east-1:lambda'/);
    expect(await url()).toMatchObject({ AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' });
    expect(await apis()).toEqual([]);

    const behindApi = await deploy({ front: 'httpApi' });
    expect(behindApi).toMatch(/predictUrl = https:\/\/.*\.execute-api\..*\/v1\/models\/iris:predict/);
    const [{ ApiId }] = await apis();
    const { Items } = await aws('apigatewayv2', 'get-routes', '--api-id', ApiId);
    expect(Items.map(({ AuthorizationType }: Record<string, string>) => AuthorizationType)).toEqual([
      'AWS_IAM',
      'AWS_IAM',
    ]);
    await expect(url()).rejects.toThrow('ResourceNotFoundException');

    await destroy({ front: 'httpApi' });
    expect(await stacks()).not.toContain('Modelship-iris');
    expect(await functions()).toEqual([]);
    expect(await apis()).toEqual([]);
  });

  test('deploys a service, updates it to a new model version and other bounds, and destroys it', async () => {
    const app = { target: 'container', image: IMAGE };
    const services = async () => {
      const { clusterArns } = await aws('ecs', 'list-clusters');
      const { serviceArns } = await aws('ecs', 'list-services', '--cluster', clusterArns[0]);
      if (serviceArns.length === 0) return [];
      const listed = await aws('ecs', 'describe-services', '--cluster', clusterArns[0], '--services', serviceArns[0]);
      // One that was deleted is shown for a while.
      return (listed.services as Service[]).filter(({ status }) => status === 'ACTIVE');
    };
    const running = async () => {
      const [{ taskDefinition, desiredCount, serviceArn }] = (await services()) as [Service];
      const described = await aws('ecs', 'describe-task-definition', '--task-definition', taskDefinition);
      const [{ environment: variables }] = described.taskDefinition.containerDefinitions;
      const value = (wanted: string) =>
        variables.find(({ name }: { name: string }) => name === wanted)?.value as string;
      return { serviceArn, desiredCount, digest: value('MODELSHIP_MODEL_DIGEST'), model: value('MODELSHIP_MODEL') };
    };
    /** The package, as the tasks would fetch it. */
    const stored = async (url: string) => {
      const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(url) ?? [];
      const { Contents } = await aws('s3api', 'list-objects-v2', '--bucket', bucket!, '--prefix', prefix!);
      return Contents.map(({ Key }: { Key: string }) => Key.slice(prefix!.length));
    };
    expect(await deploy({ ...app, package: first })).toMatch(/predictUrl = https:\/\/.*\/v1\/models\/iris:predict/);
    const before = await running();
    expect(before.digest).toBe(digestOf(first));
    expect(await stored(before.model)).toContain('model.json');
    expect(await scaling('ecs')).toEqual([[1, 4]]);

    // As scaling does under load; a deployment must not take the tasks away.
    const [cluster, service] = before.serviceArn.split('/').slice(1) as [string, string];
    await aws('ecs', 'update-service', '--cluster', cluster, '--service', service, '--desired-count', '5');
    await deploy({ ...app, package: second, minReplicas: 2, maxReplicas: 6 });
    const after = await running();
    expect(after).toMatchObject({ desiredCount: 5, digest: digestOf(second) });
    expect(after.serviceArn).toBe(before.serviceArn);
    expect(await stored(after.model)).toContain('model.json');
    expect(await scaling('ecs')).toEqual([[2, 6]]);

    // The replicas of a number that is fixed are scaled by nobody.
    await deploy({ ...app, package: second, minReplicas: 3, maxReplicas: 3 });
    expect(await running()).toMatchObject({ desiredCount: 3, serviceArn: before.serviceArn });
    expect(await scaling('ecs')).toEqual([]);

    await destroy({ ...app, package: second });
    expect(await stacks()).not.toContain('Modelship-iris-container');
    expect(await services()).toEqual([]);
    expect((await aws('elbv2', 'describe-load-balancers')).LoadBalancers).toEqual([]);
    expect((await aws('apigatewayv2', 'get-apis')).Items).toEqual([]);
  });

  test('deploys an endpoint, updates it to a new model version and other bounds, and destroys it', async () => {
    const app = { target: 'endpoint', image: IMAGE };
    const running = async () => {
      const { Endpoints } = await aws('sagemaker', 'list-endpoints');
      const name = Endpoints[0].EndpointName as string;
      const endpoint = await aws('sagemaker', 'describe-endpoint', '--endpoint-name', name);
      const configName = endpoint.EndpointConfigName as string;
      const config = await aws('sagemaker', 'describe-endpoint-config', '--endpoint-config-name', configName);
      const [{ ModelName }] = config.ProductionVariants;
      const { PrimaryContainer } = await aws('sagemaker', 'describe-model', '--model-name', ModelName);
      const [{ DesiredInstanceCount }] = endpoint.ProductionVariants;
      return { name, instances: DesiredInstanceCount, url: PrimaryContainer.ModelDataUrl as string };
    };
    const isStored = async (url: string) => {
      const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(url) ?? [];
      return (await aws('s3api', 'head-object', '--bucket', bucket!, '--key', key!)).ContentLength > 0;
    };
    await deploy({ ...app, package: first });
    const before = await running();
    expect(before.instances).toBe(1);
    expect(await isStored(before.url)).toBe(true);
    expect(await scaling('sagemaker')).toEqual([]);

    // What nothing scales is as many as the app says.
    await deploy({ ...app, package: first, minReplicas: 2, maxReplicas: 2 });
    expect(await running()).toMatchObject({ name: before.name, instances: 2 });
    expect(await scaling('sagemaker')).toEqual([]);

    // As scaling does under load; a deployment must not take the instances away.
    await deploy({ ...app, package: first, minReplicas: 2, maxReplicas: 6 });
    expect(await scaling('sagemaker')).toEqual([[2, 6]]);
    const capacities = 'VariantName=AllTraffic,DesiredWeight=1,DesiredInstanceCount=5';
    const call = 'update-endpoint-weights-and-capacities';
    await aws('sagemaker', call, '--endpoint-name', before.name, '--desired-weights-and-capacities', capacities);
    await deploy({ ...app, package: second, minReplicas: 3, maxReplicas: 6 });
    const after = await running();
    expect(after).toMatchObject({ name: before.name, instances: 5 });
    expect(after.url).not.toBe(before.url);
    expect(await isStored(after.url)).toBe(true);
    expect(await scaling('sagemaker')).toEqual([[3, 6]]);

    await destroy({ ...app, package: second });
    expect(await stacks()).not.toContain('Modelship-iris-endpoint');
    expect((await aws('sagemaker', 'list-endpoints')).Endpoints).toEqual([]);
    expect((await aws('sagemaker', 'list-models')).Models).toEqual([]);
  });
});
