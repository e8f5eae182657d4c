import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { fileSha256Sync as sha256 } from '@modelship/runtime/manifest';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { writeEvidence } from '../../../lib/evidence/index.js';
import { templateFacts } from '../../../lib/evidence/template-facts.js';
import { Model } from '../../../lib/model/index.js';
import { signatureTrust, signPackage } from '../../../lib/sign/index.js';
import { writePackage } from '../../support/packages.js';
import { modelship } from '../cli/support.js';
import { ENDPOINTS, synthesized } from '../endpoints.js';
import { writeKeys } from '../sign/signer-files.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const folder = mkdtempSync(join(tmpdir(), 'modelship-evidence-'));
const file = (...path: string[]) => join(folder, ...path);
const { key, publicKey } = writeKeys(folder);
const directory = file('iris');

beforeAll(async () => {
  cpSync(join(EXAMPLES, 'iris/model'), directory, { recursive: true });
  await signPackage(directory, { key });
  const app = new App({ outdir: file('cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Release', { env: { region: 'eu-west-1', account: '123456789012' } });
  new ServerlessModel(stack, 'Iris', { model: Model.fromDirectory(directory) });
  app.synth();
  writeFileSync(file('evaluation.json'), '{"rows":30,"metrics":{"accuracy":0.97,"roc_auc":null}}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function release(out: string) {
  return writeEvidence(
    {
      directory,
      trust: await signatureTrust({ key: publicKey }),
      templates: [file('cdk.out')],
      evaluation: file('evaluation.json'),
    },
    file(out),
  );
}

const json = (...path: string[]) => JSON.parse(readFileSync(file(...path), 'utf8'));

test('a release gives the same bytes when its evidence is collected again', async () => {
  await release('one');
  await release('two');
  for (const name of ['evidence.json', 'bom.cdx.json']) {
    expect(readFileSync(file('two', name))).toEqual(readFileSync(file('one', name)));
  }
});

test('the evidence has what a reviewer asks, with hashes to check it', async () => {
  const evidence = await release('evidence');
  expect(json('evidence', 'evidence.json')).toEqual(evidence);
  const manifest = json('iris', 'model.json');
  expect(evidence.model).toMatchObject({ name: 'iris', digest: manifest.digest, files: manifest.files });
  expect(evidence.signature).toMatchObject({ isVerified: true, sha256: sha256(file('iris', 'model.sig')) });
  expect(evidence.samples).toMatchObject({ count: 8, sha256: sha256(file('iris', 'samples.json')) });
  expect(evidence.evaluation?.result).toMatchObject({ metrics: { accuracy: 0.97 } });
  expect(evidence.billOfMaterials.sha256).toBe(sha256(file('evidence', 'bom.cdx.json')));
  const [template] = evidence.templates;
  expect(template).toMatchObject({ sha256: sha256(file('cdk.out', 'Release.template.json')) });
  const policy = template!.grants.find(({ type }) => type === 'AWS::IAM::Policy');
  expect(JSON.stringify(policy)).toContain('logs:PutLogEvents');
  const types = template!.grants.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['AWS::IAM::Role', 'AWS::Lambda::Permission']));
  const limits = Object.assign({}, ...template!.limits.map(({ properties }) => properties));
  expect(limits).toMatchObject({ Timeout: 29, MemorySize: 1769, 'MethodSettings.0.ThrottlingBurstLimit': 200 });
});

test('no evidence is written of a model that is not loaded even if it is trusted', async () => {
  const content = { 'model.pkl': "cos\nsystem\n(S'id'\ntR.", 'samples.json': '[]' };
  const hostile = writePackage({ format: 'pickle', artifact: 'model.pkl', content }, file('hostile'));
  await expect(writeEvidence({ directory: hostile }, file('none'))).rejects.toMatchObject({ code: 'PICKLE_HOSTILE' });
  expect(existsSync(file('none'))).toBe(false);
});

test('the bill of materials names the model, its files and the software, each once', async () => {
  await release('bill');
  const bill = json('bill', 'bom.cdx.json');
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  // Pattern of the schema of CycloneDX.
  expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  const model = bill.metadata.component;
  expect(model).toMatchObject({ type: 'machine-learning-model', name: 'iris', version: '1' });
  expect(model.modelCard.quantitativeAnalysis.performanceMetrics).toEqual([{ type: 'accuracy', value: '0.97' }]);
  const hashes = model.components.map((each: { hashes: unknown[] }) => each.hashes[0]);
  expect(hashes[0]).toEqual({ alg: 'SHA-256', content: sha256(file('iris', 'model.onnx')) });
  const references = [model, ...model.components, ...bill.components].map((each) => each['bom-ref']);
  expect(new Set(references).size).toBe(references.length);
  expect(references).toContain('pkg:npm/onnxruntime-node@1.30.0');
  const dependencies = bill.dependencies.flatMap(({ ref, dependsOn = [] }: Record<string, string[]>) => [
    ref,
    ...dependsOn,
  ]);
  expect(references).toEqual(expect.arrayContaining(dependencies));
});

describe('the schema of CycloneDX', () => {
  const validator = new JsonStrictValidator(Version.v1dot6);

  test('allows the bill of materials of a release', async () => {
    await release('valid');
    expect(await validator.validate(readFileSync(file('valid', 'bom.cdx.json'), 'utf8'))).toBeNull();
    const bill = json('valid', 'bom.cdx.json');
    const wrong = { ...bill, metadata: { component: { ...bill.metadata.component, type: 'model' } } };
    expect(await validator.validate(JSON.stringify(wrong))).not.toBeNull();
  });

  test.each([
    ['diabetes', join(EXAMPLES, 'diabetes/model')],
    ['languages, with a task', join(EXAMPLES, 'languages/model')],
    ['addresses, with a tokenizer', join(EXAMPLES, 'addresses/model')],
    [
      'a pickle',
      writePackage(
        { format: 'pickle', artifact: 'model.pkl', content: { 'model.pkl': 'N.', 'samples.json': '[]' } },
        file('pickle'),
      ),
    ],
  ])('allows the bill of materials of %s', async (name, model) => {
    await writeEvidence({ directory: model }, file(`bill of ${name}`));
    expect(await validator.validate(readFileSync(file(`bill of ${name}`, 'bom.cdx.json'), 'utf8'))).toBeNull();
  });
});

test('evidence without templates, evaluation and signer has other bytes and the same digest', async () => {
  await release('before');
  const { digest } = await writeEvidence({ directory, templates: [] }, file('after')).then(({ model }) => model);
  expect(json('after', 'evidence.json')).toMatchObject({ signature: { isVerified: false }, templates: [] });
  expect(json('after', 'bom.cdx.json').serialNumber).not.toBe(json('before', 'bom.cdx.json').serialNumber);
  expect(digest).toBe(json('before', 'evidence.json').model.digest);
});

test.each([
  ['Cloud Run', /^google_.*_iam_member$/],
  ['Functions', /^azurerm_role_assignment$/],
  ['GKE', /^google_.*_iam_member$/],
  ['AKS', /^azurerm_role_assignment$/],
] as const)('the template of %s has grants and limits', (name, type) => {
  const { grants, limits } = templateFacts(synthesized(ENDPOINTS[name]().stack).json);
  expect(grants.map((each) => each.type)).toContainEqual(expect.stringMatching(type));
  expect(limits).not.toEqual([]);
});

describe('modelship evidence', () => {
  test('writes nothing about a package that another key signed', async () => {
    const other = writeKeys(folder, 'prime256v1', 'other').publicKey;
    const { code, stderr } = await modelship('evidence', directory, '--key', other, '--out', file('none'));
    expect(code).toBe(1);
    expect(stderr).toContain('was signed by a key');
    expect(existsSync(file('none'))).toBe(false);
  });

  test.each([
    ['a file that is no template', () => file('evaluation.json')],
    ['a folder without templates', () => file('empty')],
  ])('rejects %s', async (_, template) => {
    mkdirSync(file('empty'), { recursive: true });
    const { code, stderr } = await modelship(
      'evidence',
      directory,
      '--template',
      template(),
      '--out',
      file('none'),
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error.code).toBe('TEMPLATE_UNKNOWN');
    expect(existsSync(file('none'))).toBe(false);
  });
});
