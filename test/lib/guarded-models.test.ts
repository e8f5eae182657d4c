import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, readManifest } from '@modelship/runtime/manifest';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TerraformStack } from 'cdktf';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { referenceRows } from '../../lib/cli/reference-rows.js';
import { checkGuards } from '../../lib/model/guards.js';
import { Model } from '../../lib/model/index.js';
import { packModel } from '../../lib/pack/index.js';
import { ModelServer } from '../../lib/serving/index.js';
import { ENDPOINTS, synthesized } from './endpoints.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

const folder = mkdtempSync(join(tmpdir(), 'modelship-guarded-'));
const directory = join(folder, 'iris');
const examples = join(import.meta.dirname, '../../examples/iris');

beforeAll(async () => {
  const rows = join(folder, 'rows.csv');
  writeFileSync(rows, 'a,b,c,d\n4.3,2,1,0.1\n7.9,4.4,6.9,2.5\n');
  await packModel({
    source: join(examples, 'model.onnx'),
    name: 'iris',
    out: directory,
    labels: ['setosa', 'versicolor', 'virginica'],
    reference: (signature) => referenceRows(rows, undefined, signature),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guards = { inputs: 'refuse', outputDecimals: 3, outputTopK: 2 } as const;

describe.each(Object.entries(ENDPOINTS))('%s', (_, make) => {
  test('makes replicas apply the guards', () => {
    const { endpoint } = make({ model: Model.fromDirectory(directory, { guards }) });
    const isOnAws = endpoint.node.scopes.some(Stack.isStack);
    const template = isOnAws
      ? Template.fromStack(Stack.of(endpoint)).toJSON()
      : synthesized(TerraformStack.of(endpoint)).json;
    const text = JSON.stringify(template);
    expect(text).toMatch(/MODELSHIP_INPUT_GUARD[^}]*refuse/);
    expect(text).toMatch(/MODELSHIP_OUTPUT_DECIMALS[^}]*3/);
    expect(text).toMatch(/MODELSHIP_OUTPUT_TOP_K[^}]*2/);
  });
});

test('guards are rejected with a server that does not apply them', () => {
  const model = Model.fromDirectory(directory, { guards });
  expect(() => ENDPOINTS.GKE({ model, server: ModelServer.triton() })).toThrow(/Triton does not apply the `guards`/);
});

test.each([
  [{ inputs: 'warn' }, 'REFERENCE_MISSING'],
  [{ outputTopK: 1 }, 'LABELS_INVALID'],
] as const)('guards %j need a package that has what they need', async (needing, code) => {
  const plain = join(folder, 'plain');
  await packModel({ source: join(examples, 'model.onnx'), name: 'iris', out: plain, force: true });
  expect(() => Model.fromDirectory(plain, { guards: needing })).toThrow(expect.objectContaining({ code }));
});

test('guards out of range are named all at once', () => {
  const wrong = { inputs: 'stop' as never, outputDecimals: 16, outputTopK: 0 };
  expect(() => Model.fromDirectory(directory, { guards: wrong })).toThrow(
    /`inputs` must be .*"stop".*`outputDecimals` must be .*16.*`outputTopK` must be .*got 0/,
  );
});

test('an output whose labels are no classes with scores has no classes to hide, as for the server', () => {
  const named: Manifest = {
    ...readManifest(directory),
    outputs: [{ name: 'names', datatype: 'BYTES', shape: [-1, 2], labels: ['a', 'b'] }],
  };
  expect(() => checkGuards({ outputTopK: 1 }, named)).toThrow(expect.objectContaining({ code: 'LABELS_INVALID' }));
});
