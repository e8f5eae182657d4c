import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { TerraformStack } from 'cdktf';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as aws from '../../lib/aws/index.js';
import * as azure from '../../lib/azure/index.js';
import { copyPackage } from '../../lib/bundle/package-files.js';
import * as gcp from '../../lib/gcp/index.js';
import { Model, Signer } from '../../lib/model/index.js';
import { ImageSource, ModelServer } from '../../lib/serving/index.js';
import { signPackage } from '../../lib/sign/index.js';
import { IMAGE as onEcr } from './aws/managed-endpoint-variants.js';
import { CONTAINER_ID } from './azure/identifiers.js';
import { azureStack, IMAGE as onAcr } from './azure/support.js';
import { ENDPOINTS, synthesized } from './endpoints.js';
import { googleStack, minimal, REGION } from './gcp/support.js';
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

test('a batch makes what runs it verify the signature', () => {
  const model = Model.fromDirectory(directory, { signedBy });
  const onAws = new Stack(new App({ analyticsReporting: false }), 'S');
  const image = ImageSource.fromRegistry(onEcr);
  const compute = aws.BatchCompute.transform({ model, image });
  new aws.BatchModel(onAws, 'Batch', { compute, inputBucket: new Bucket(onAws, 'Rows') });
  const onGoogle = googleStack();
  const job = gcp.BatchCompute.job({ model, image: minimal.image! });
  new gcp.BatchModel(onGoogle, 'Batch', { compute: job, region: REGION, inputBucket: 'rows' });
  const onAzure = azureStack();
  const azureJob = azure.BatchCompute.job({ model, image: onAcr });
  new azure.BatchModel(onAzure, 'Batch', {
    compute: azureJob,
    location: 'westeurope',
    inputContainer: { id: CONTAINER_ID },
  });
  const templates = [
    Template.fromStack(onAws).toJSON(),
    ...[onGoogle, onAzure].map((stack) => synthesized(stack).json),
  ];
  for (const template of templates) {
    expect(JSON.stringify(template)).toContain(Object.values(signedBy.environment)[0]);
  }
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
