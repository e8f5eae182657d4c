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
import { readSchema, schemaFaults } from './terraform/provider-schema.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

const folder = mkdtempSync(join(tmpdir(), 'modelship-guarded-'));
const directory = join(folder, 'iris');
const examples = join(import.meta.dirname, '../../examples/iris');

beforeAll(async () => {
  const rows = join(folder, 'rows.csv');
  const flowers = ['4.3,2,1,0.1,setosa', '7.9,4.4,6.9,2.5,virginica'];
  const lines = Array.from({ length: 200 }, (_, row) => flowers[row % 2]);
  writeFileSync(rows, ['a,b,c,d,kind', ...lines].join('\n'));
  await packModel({
    source: join(examples, 'model.onnx'),
    name: 'iris',
    out: directory,
    labels: ['setosa', 'versicolor', 'virginica'],
    reference: (signature) => referenceRows(rows, 'kind', signature),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fields of the log line, and their thresholds. */
const THRESHOLDS = [
  ['drift', 0.25],
  ['accuracy_drop', 0.04],
] as const;

type Attributes = Readonly<Record<string, unknown>>;

const capture = { url: 'gs://captured/iris/', samplingPercent: 2.5, redact: ['features[2]', 'setosa'] };

const guards = { inputs: 'refuse', outputDecimals: 3, outputTopK: 2 } as const;

describe.each(Object.entries(ENDPOINTS))('%s', (_, make) => {
  test('makes replicas apply the guards, and capture requests', () => {
    const { endpoint } = make({ model: Model.fromDirectory(directory, { guards, capture }) });
    const isOnAws = endpoint.node.scopes.some(Stack.isStack);
    const template = isOnAws
      ? Template.fromStack(Stack.of(endpoint)).toJSON()
      : synthesized(TerraformStack.of(endpoint)).json;
    const text = JSON.stringify(template);
    expect(text).toMatch(/MODELSHIP_INPUT_GUARD[^}]*refuse/);
    expect(text).toMatch(/MODELSHIP_OUTPUT_DECIMALS[^}]*3/);
    expect(text).toMatch(/MODELSHIP_OUTPUT_TOP_K[^}]*2/);
    expect(text).toMatch(/MODELSHIP_CAPTURE_URL[^}]*gs:\/\/captured\/iris\//);
    expect(text).toMatch(/MODELSHIP_CAPTURE_PERCENT[^}]*2\.5/);
    expect(text).toMatch(/MODELSHIP_CAPTURE_REDACT[^}]*features\[2\],setosa/);
  });

  test('raises alarms on drift and on the estimated accuracy, of log lines that the server writes', () => {
    const alarms = { drift: 0.25, accuracyDropPercent: 4 };
    const { endpoint } = make({ model: Model.fromDirectory(directory), alarms });
    if (endpoint.node.scopes.some(Stack.isStack)) {
      const template = Template.fromStack(Stack.of(endpoint));
      for (const [field, threshold] of THRESHOLDS) {
        const filters = template.findResources('AWS::Logs::MetricFilter', {
          Properties: { FilterPattern: `{ ($.message = "drift") && ($.${field} = "*") }` },
        });
        const [{ Properties: filter }] = Object.values(filters) as [{ Properties: Record<string, never> }];
        const [{ MetricName, MetricValue }] = filter.MetricTransformations as unknown as [Record<string, string>];
        expect(MetricValue).toBe(`$.${field}`);
        expect(filter.LogGroupName).toEqual({ Ref: expect.stringMatching(/Logs/) });
        template.hasResourceProperties('AWS::CloudWatch::Alarm', {
          MetricName,
          Namespace: 'Modelship',
          Threshold: threshold,
          Statistic: 'Maximum',
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'notBreaching',
        });
      }
      return;
    }
    const template = synthesized(TerraformStack.of(endpoint));
    const of = (type: string) => Object.values((template.json.resource[type] ?? {}) as Record<string, Attributes>);
    const found = THRESHOLDS.map(([field, threshold]) => {
      const filters = of('google_logging_metric').filter(({ filter }) =>
        `${filter}`.endsWith(` AND jsonPayload.message="drift" AND jsonPayload.${field}>${threshold}`),
      );
      const queries = of('azurerm_monitor_scheduled_query_rules_alert_v2').filter(({ criteria }) =>
        JSON.stringify(criteria).includes(`todouble(line.${field}) > ${threshold}`),
      );
      return filters.length + queries.length;
    });
    expect(found).toEqual([1, 1]);
    const versions = { azurerm: '4.55.0', google: '6.50.0' };
    for (const [provider, version] of Object.entries(versions)) {
      expect(schemaFaults(template, provider, readSchema(`${provider}-${version}`))).toEqual([]);
    }
  });
});

test('capture is rejected where it would not happen, or would show what it must not', () => {
  const reading = (more: object) => () => Model.fromDirectory(directory, { capture: { ...capture, ...more } });
  expect(reading({ redact: ['petal'] })).toThrow(expect.objectContaining({ code: 'COLUMN_UNKNOWN' }));
  const url = 'https://account.blob.core.windows.net/c/?sig=SECRET';
  expect(reading({ url, samplingPercent: 0, redact: ['a,b'] })).toThrow(
    /`url` must be .*got "https:\/\/account\.blob\.core\.windows\.net\/c\/"; `samplingPercent` must be .*got 0; `redact` must have .*"a,b"/,
  );
  expect(() => ENDPOINTS.GKE({ model: reading({})(), server: ModelServer.triton() })).toThrow(
    /Triton does not capture requests/,
  );
});

test('alarms on drift are rejected without what they read', async () => {
  const plain = join(folder, 'without-reference');
  await packModel({ source: join(examples, 'model.onnx'), name: 'iris', out: plain });
  const alarms = { drift: 0.2, accuracyDropPercent: 5 };
  for (const make of [ENDPOINTS.Lambda, ENDPOINTS.AKS, ENDPOINTS['Cloud Run']]) {
    expect(() => make({ model: Model.fromDirectory(plain), alarms })).toThrow(
      /alarms\.drift: model `iris` has no reference data[\s\S]*alarms\.accuracyDropPercent: model `iris` has no labels/,
    );
    const environment = { MODELSHIP_LOG_LEVEL: 'warn' };
    expect(() => make({ model: Model.fromDirectory(directory), alarms, environment })).toThrow(
      /alarms\.drift: reads lines of the level info, and MODELSHIP_LOG_LEVEL of environment is warn/,
    );
  }
  const model = Model.fromDirectory(directory);
  expect(() => ENDPOINTS.GKE({ model, alarms, server: ModelServer.triton() })).toThrow(
    /Triton does not compare requests with reference data/,
  );
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
