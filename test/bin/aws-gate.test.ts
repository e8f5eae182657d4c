import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../lib/aws/index.js';
import { Model } from '../../lib/model/index.js';
import { Rollout } from '../../lib/serving/index.js';
import { type Answer, AwsCalls } from '../support/aws-calls.js';
import { GateVersions, HARMLESS, SABOTAGED } from '../support/gate-versions.js';
import { LocalFunctions } from '../support/local-functions.js';
import { Moto } from '../support/moto.js';
import { shareOf } from '../support/share.js';

// The real CDK CLI deploys versions of a model to a local AWS endpoint. Its CodeDeploy invokes the synthesized hook under
// AWS's runtime interface client, as it does the function that serves the model, and shifts traffic after its verdict.

const ROOT = join(__dirname, '..', '..');
const STACK = 'Gate';
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const TIMEOUT = 600_000;

const sabotaged = shareOf(SABOTAGED, 3, 'sabotaged');
const harmless = shareOf(HARMLESS, 2, 'harmless');

const work = mkdtempSync(join(tmpdir(), 'modelship-gate-'));
let versions: GateVersions;
let moto: Moto;
let functions: LocalFunctions;
let aws: AwsCalls;

function synthesized(name: string, directory: string): string {
  const outdir = join(work, 'assemblies', name.replaceAll(' ', '-'));
  const app = new App({ analyticsReporting: false, outdir });
  const stack = new Stack(app, STACK, { env: { account: ACCOUNT, region: REGION } });
  new ServerlessModel(stack, 'Iris', {
    model: Model.fromDirectory(directory),
    architecture: process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
    dashboard: false,
    rollout: Rollout.canary({ percent: 10, gate: versions.gate }),
  });
  app.synth();
  return outdir;
}

async function cdk(...args: string[]): Promise<string> {
  const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...args, '--ci'], {
    cwd: work,
    env: { ...process.env, ...moto.env, AWS_ENDPOINT_URL_S3: moto.url },
    maxBuffer: 1 << 26,
  }).catch((error) => {
    throw new Error(`cdk ${args.join(' ')}: ${error.stdout}\n${error.stderr}\n${functions.log}`);
  });
  return `${stdout}\n${stderr}`;
}

async function deploy(name: string): Promise<Model> {
  const directory = await versions.pack(name);
  const assembly = synthesized(name, directory);
  // The local endpoint creates change sets that never become ready.
  const options = ['--method=direct', '--no-previous-parameters', '--require-approval=never', '--exclusively'];
  await cdk('deploy', STACK, ...options, '--app', assembly);
  return Model.fromDirectory(directory);
}

/** Digest of the model to which traffic goes. */
async function serving(): Promise<string> {
  const { StackResources } = await aws.call('cloudformation', 'describe_stack_resources', { StackName: STACK });
  for (const { ResourceType, PhysicalResourceId } of StackResources as Answer[]) {
    if (ResourceType !== 'AWS::Lambda::Alias') continue;
    const [FunctionName, Qualifier] = [PhysicalResourceId.slice(0, -':live'.length), 'live'];
    const { Environment } = await aws.call('lambda', 'get_function_configuration', { FunctionName, Qualifier });
    return Environment.Variables.MODELSHIP_MODEL_DIGEST;
  }
  throw new Error(`${STACK} has no alias`);
}

/** Digests of the model to which traffic went at each invocation of a function since the last test. */
const servedWhileAsked: string[] = [];

beforeAll(async () => {
  versions = new GateVersions(work, sabotaged, harmless);
  functions = await LocalFunctions.start();
  moto = await Moto.start({ functions: functions.url });
  functions.environment = moto.env;
  aws = new AwsCalls({ ...process.env, ...moto.env });
  await cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  await deploy('approved');
  functions.onInvoke = async () => void servedWhileAsked.push(await serving());
}, TIMEOUT);

afterEach(async () => {
  await functions.end();
  servedWhileAsked.length = 0;
});

afterAll(async () => {
  await aws.stop();
  await functions.stop();
  await moto.stop();
  rmSync(work, { recursive: true, force: true });
});

describe('a gate of a Lambda function', { timeout: TIMEOUT }, () => {
  test.each(sabotaged)('keeps traffic from a version with %s', async (name) => {
    const before = await serving();
    await expect(deploy(name)).rejects.toThrow('BeforeAllowTraffic');
    expect(functions.log).toMatch(/the version does not pass the gate.*samples differ/);
    expect(servedWhileAsked.length).toBeGreaterThan(1);
    expect(new Set([...servedWhileAsked, await serving()])).toEqual(new Set([before]));
  });

  test.each(harmless)('shifts traffic to a rebuild: %s', async (name) => {
    const before = await serving();
    const { digest } = await deploy(name);
    expect(functions.log).toContain('the version passes the gate');
    expect(new Set(servedWhileAsked)).toEqual(new Set([before]));
    expect(await serving()).toBe(digest);
  });
});
