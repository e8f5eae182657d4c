import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TerraformStack } from 'cdktf';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copyPackage } from '../../lib/bundle/package-files.js';
import { Model, Signer } from '../../lib/model/index.js';
import { ModelServer } from '../../lib/serving/index.js';
import { signPackage } from '../../lib/sign/index.js';
import { ENDPOINTS, synthesized } from './endpoints.js';
import { writeKeys } from './sign/signer-files.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

const folder = mkdtempSync(join(tmpdir(), 'modelship-signed-'));
const directory = join(folder, 'iris');
const { key, publicKey } = writeKeys(folder);
const signedBy = Signer.publicKey(publicKey);

beforeAll(async () => {
  cpSync(join(import.meta.dirname, '../../examples/iris/model'), directory, { recursive: true });
  await signPackage(directory, { key });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(ENDPOINTS))('%s', (_, make) => {
  test('makes replicas verify the signature', () => {
    const { endpoint } = make({ model: Model.fromDirectory(directory, { signedBy }) });
    const isOnAws = endpoint.node.scopes.some(Stack.isStack);
    const template = isOnAws
      ? Template.fromStack(Stack.of(endpoint)).toJSON()
      : synthesized(TerraformStack.of(endpoint)).json;
    const [[name, value]] = Object.entries(signedBy.environment) as [[string, string]];
    expect(JSON.stringify(template)).toContain(name);
    expect(JSON.stringify(template)).toContain(value);
  });
});

test('deploys the signature with the package, and deploys it again if the package is signed again', async () => {
  const model = Model.fromDirectory(directory, { signedBy });
  const before = model.deployedDigest;
  copyPackage(model, join(folder, 'deployed'));
  expect(Model.fromDirectory(join(folder, 'deployed'), { signedBy }).digest).toBe(model.digest);
  await signPackage(directory, { key });
  expect(model.deployedDigest).not.toBe(before);
});

test('changes nothing that is deployed without a signer', () => {
  const model = Model.fromDirectory(directory);
  expect(model.deployedDigest).toBe(model.digest);
  copyPackage(model, join(folder, 'unsigned'));
  expect(existsSync(join(folder, 'unsigned', 'model.sig'))).toBe(false);
});

test('is rejected with a server that does not verify it', () => {
  const model = Model.fromDirectory(directory, { signedBy });
  expect(() => ENDPOINTS.GKE({ model, server: ModelServer.triton() })).toThrow(/Triton does not verify the signature/);
});
