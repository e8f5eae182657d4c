import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePackage } from '../support/packages.js';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-terraform-'));
const modelPackage = writePackage({}, join(folder, 'package'));
const cli = join(root, 'node_modules', 'cdktf-cli', 'bundle', 'bin', 'cdktf');
const app = 'node node_modules/tsx/dist/cli.mjs --tsconfig tsconfig.test.json bin/terraform.ts';

// biome-ignore lint/suspicious/noExplicitAny: the template is whatever Terraform's JSON syntax allows
type Template = any;

/** Runs `cdktf synth` as a user would, and returns the templates by stack. */
function synth(context: object): Record<string, Template> {
  const output = mkdtempSync(join(folder, 'out-'));
  execFileSync(process.execPath, [cli, 'synth', '--app', app, '--output', output], {
    cwd: root,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, CHECKPOINT_DISABLE: '1', CI: '1', MODELSHIP_CONTEXT: JSON.stringify(context) },
  });
  const stacks = join(output, 'stacks');
  const read = (stack: string) => JSON.parse(readFileSync(join(stacks, stack, 'cdk.tf.json'), 'utf8'));
  return Object.fromEntries(
    readdirSync(stacks).map((stack) => [stack, { ...read(stack), folder: join(stacks, stack) }]),
  );
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cdktf synth', () => {
  let stacks: Record<string, Template>;

  beforeAll(() => {
    stacks = synth({
      package: modelPackage,
      cloud: 'google',
      image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
      backend: { type: 'gcs', bucket: 'state', prefix: 'team' },
    });
  });

  const google = ['google-container', 'google-managed-endpoint', 'google-serverless'];

  test('gives every target on Google Cloud', () => {
    expect(
      Object.keys(stacks)
        .filter((stack) => stack.startsWith('google-'))
        .sort(),
    ).toEqual(google);
  });

  test.each(google)('%s says where the model answers and how to ask it', (stack) => {
    expect(Object.keys(stacks[stack].output)).toEqual(expect.arrayContaining(['url', 'predictCommand']));
    expect(stacks[stack].output.predictCommand.value).toMatch(
      /'\{"instances":\[\[0,0,0,0\]\]\}'|'\{"inputs":\[.*"data":\[0,0,0,0\]\}\]\}'/,
    );
  });

  test.each(google)('%s lies beside every file that it uploads', (stack) => {
    const objects = Object.values<Template>(stacks[stack].resource.google_storage_bucket_object);
    expect(objects.length).toBeGreaterThan(0);
    for (const { source } of objects) expect(existsSync(join(stacks[stack].folder, source))).toBe(true);
  });

  test('keeps a state for each stack in the backend of the context', () => {
    expect(stacks['google-serverless'].terraform.backend).toEqual({
      gcs: { bucket: 'state', prefix: 'team/google-serverless' },
    });
  });

  test('says which clouds there are, if another is asked for', () => {
    expect(() => synth({ package: modelPackage, cloud: 'aws' })).toThrow(/got "aws"; there are azure and google/);
  });

  test('says which backends there are, if another is asked for', () => {
    const context = { package: modelPackage, cloud: 'google', backend: { type: 'ftp' } };
    expect(() => synth(context)).toThrow(/got "ftp"; there are gcs, azurerm, s3 and local/);
  });
});
