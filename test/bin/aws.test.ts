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

const aws = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], { env: environment });
  return JSON.parse(stdout);
};

beforeAll(async () => {
  moto = await Moto.start();
  environment = { ...process.env, ...moto.env, AWS_ENDPOINT_URL_S3: moto.url };
  await cdk('bootstrap', 'aws://123456789012/us-east-1');
}, 120_000);

afterAll(async () => {
  await moto.stop();
  rmSync(work, { recursive: true, force: true });
});

describe('the CDK app, by the real CLI', () => {
  const stack = 'Modelship-iris';
  const deploy = (directory: string) =>
    cdk(
      'deploy',
      '--method=direct',
      '--no-previous-parameters',
      '--require-approval=never',
      '-c',
      `package=${directory}`,
    );
  const deployedDigest = async () => {
    const { Functions } = await aws('lambda', 'list-functions');
    const [{ FunctionName, Environment }] = Functions;
    // The endpoint publishes a version before it updates the function, so that its number tells nothing.
    await aws('lambda', 'get-alias', '--function-name', FunctionName, '--name', 'live');
    return Environment.Variables.MODELSHIP_MODEL_DIGEST;
  };

  test('deploys, updates to a new model version, and destroys', { timeout: 240_000 }, async () => {
    const first = join(root, 'examples', 'iris', 'model');
    const output = await deploy(first);
    expect(output).toMatch(/predictUrl = https:\/\/.*\/v1\/models\/iris:predict/);
    expect(await deployedDigest()).toBe(readManifest(first).digest);

    const second = join(work, 'iris-2');
    const { digest } = await packModel({
      source: join(root, 'examples', 'iris', 'model.onnx'),
      name: 'iris',
      version: '2',
      out: second,
    });
    await deploy(second);
    expect(await deployedDigest()).toBe(digest);

    await cdk('destroy', '--force', '-c', `package=${second}`);
    const { Stacks } = await aws('cloudformation', 'describe-stacks');
    expect(Stacks.map((each: { StackName: string }) => each.StackName)).not.toContain(stack);
    expect((await aws('lambda', 'list-functions')).Functions).toEqual([]);
  });
});
