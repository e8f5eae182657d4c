import { describe, expect, test, vi } from 'vitest';
import type { AzureServingProps } from '../../../lib/azure/index.js';
import { AZURE_PROPS } from '../../../lib/azure/private/shared/validation.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import type { FaultCode } from '../../../lib/serving/validation/fault-codes.js';
import { CASES } from './cases.js';
import { ACTION_GROUP_ID, DEPLOYER_ID, KEY, RESOURCE_GROUP_ID } from './identifiers.js';
import { azureStack, faultsOf, model, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const [FUNCTIONS, CONTAINER_APPS, AKS, AZURE_ML] = CASES.map(({ name }) => name) as [string, string, string, string];
const OTHER_MODEL = model('7');

/**
 * Props of tests of their own: `private-network.test.ts`, because each target wants another subnet with them, and
 * `test/lib/terraform/providers.test.ts`.
 */
const ELSEWHERE: readonly (keyof AzureServingProps)[] = ['privateSubnet', 'privateDnsZones', 'providers'];

/** A value of a shared prop, what of it must be in the template, and where it is refused instead. */
interface Row {
  readonly prop: keyof AzureServingProps;
  readonly value: Partial<AzureServingProps>;
  /** A text that stands in the template with the prop and not without it. */
  readonly mapped: string;
  /** Another text for some targets. */
  readonly mappedFor?: { readonly [target: string]: string };
  /** Targets that refuse it, with what the reason must name. */
  readonly refused?: { readonly [target: string]: RegExp };
  /** @default UNSUPPORTED */
  readonly code?: FaultCode;
}

const ROWS: readonly Row[] = [
  { prop: 'model', value: { model: OTHER_MODEL }, mapped: OTHER_MODEL.digest },
  {
    prop: 'access',
    value: { access: Access.apiKey() },
    mapped: '',
    mappedFor: { [FUNCTIONS]: '', [AZURE_ML]: '"authMode":"Key"' },
    refused: { [CONTAINER_APPS]: /functionsFlexConsumption/, [AKS]: /Access\.jwt/ },
  },
  {
    prop: 'access',
    value: { access: Access.jwt({ issuer: 'https://issuer.example', audience: ['aud'] }) },
    mapped: 'https://issuer.example',
    refused: { [AZURE_ML]: /supports Access.cloudIdentity\(\) and .apiKey\(\). Use ServerlessModel/ },
  },
  {
    prop: 'minReplicas',
    value: { minReplicas: 2 },
    mapped: '"min_replicas":2',
    mappedFor: { [FUNCTIONS]: '"instanceCount":2', [AZURE_ML]: '"capacity":2' },
  },
  {
    prop: 'minReplicas',
    value: { minReplicas: 0 },
    mapped: '',
    refused: { [AKS]: /ServerlessModel/, [AZURE_ML]: /ServerlessModel/ },
    code: 'OUT_OF_RANGE',
  },
  {
    prop: 'maxReplicas',
    value: { maxReplicas: 7 },
    mapped: '"max_replicas":7',
    mappedFor: { [FUNCTIONS]: '"maximumInstanceCount":7', [AZURE_ML]: '"maximum":7' },
  },
  {
    prop: 'schedule',
    value: {
      schedule: [
        { cron: '0 8 * * SUN', minReplicas: 2 },
        { cron: '0 20 * * SUN', minReplicas: 1 },
      ],
      maxReplicas: 3,
    },
    mapped: '"custom_rule_type":"cron"',
    mappedFor: {
      [AKS]: '"helm_release"',
      [AZURE_ML]: '"recurrence":{"days":["Sunday"',
    },
    refused: { [FUNCTIONS]: /does not change its replicas by time here. Use ServerlessHost.containerApps\(\)/ },
  },
  {
    prop: 'rollout',
    value: { rollout: Rollout.linear({ stepPercent: 10, intervalMinutes: 1 }) },
    mapped: '',
    refused: Object.fromEntries(CASES.map(({ name }) => [name, /got Rollout.linear\(\); .* Use Rollout.canary\(\)/])),
  },
  {
    prop: 'throttle',
    value: { throttle: { requestsPerSecond: 1 } },
    mapped: '',
    refused: Object.fromEntries(CASES.map(({ name }) => [name, /ServerlessModel of modelship\/aws/])),
  },
  {
    prop: 'timeoutSeconds',
    value: { timeoutSeconds: 77 },
    mapped: '"77"',
    mappedFor: { [FUNCTIONS]: '{"name":"MODELSHIP_TIMEOUT_SECONDS","value":"77"}', [AZURE_ML]: 'PT77S' },
  },
  { prop: 'logRetentionDays', value: { logRetentionDays: 33 }, mapped: '"retention_in_days":33' },
  {
    prop: 'alarms',
    value: { alarms: { latencyPercent: 25, minutes: 15 } },
    mapped: 'Latency above 25 % of the timeout of 60 s for 15 minutes',
    mappedFor: { [AKS]: 'histogram_quantile(0.99, sum by (le) (rate(modelship_request_seconds_bucket[5m]))) > 15' },
  },
  { prop: 'environment', value: { environment: { MY_SETTING: 'mine' } }, mapped: 'MY_SETTING' },
  { prop: 'location', value: { location: 'northeurope' }, mapped: 'northeurope' },
  {
    prop: 'resourceGroup',
    value: { resourceGroup: { id: RESOURCE_GROUP_ID, name: 'given', location: 'westeurope' } },
    mapped: '"resource_group_name":"given"',
  },
  { prop: 'encryptionKey', value: { encryptionKey: KEY }, mapped: KEY.versionlessId },
  { prop: 'alarmActions', value: { alarmActions: [ACTION_GROUP_ID] }, mapped: ACTION_GROUP_ID },
  { prop: 'storageReplication', value: { storageReplication: 'GRS' }, mapped: '"account_replication_type":"GRS"' },
  { prop: 'deployers', value: { deployers: [DEPLOYER_ID] }, mapped: DEPLOYER_ID },
  { prop: 'tags', value: { tags: { team: 'fraud' } }, mapped: '"team":"fraud"' },
];

describe.each(CASES)('$name', ({ name, make, synthesize }) => {
  const without = JSON.stringify(synthesize().json);

  test.each(
    ROWS.map((row) => ({ ...row, label: `${row.prop} ${JSON.stringify(Object.values(row.value)[0]).slice(0, 50)}` })),
  )('$label is mapped or refused', ({ prop, value, mapped, mappedFor, refused, code = 'UNSUPPORTED' }) => {
    const reason = refused?.[name];
    if (reason) {
      expect(faultsOf(() => make(azureStack(), value))).toEqual([`${prop} ${code}`]);
      expect(() => make(azureStack(), value)).toThrow(reason);
      return;
    }
    const text = mappedFor?.[name] ?? mapped;
    const stack = azureStack();
    make(stack, value);
    const template = JSON.stringify(new Template(stack).json);
    expect(template).toContain(text);
    if (text) expect(without).not.toContain(text);
  });

  test('dashboard can be left out', () => {
    expect(synthesize().all('azurerm_application_insights_workbook')).not.toEqual({});
    expect(synthesize({ dashboard: false }).all('azurerm_application_insights_workbook')).toEqual({});
  });

  test('an issuer that is no https:// URL, and no audience, are named', () => {
    const access = Access.jwt({ issuer: 'http://issuer.example', audience: [] });
    expect(faultsOf(() => make(azureStack(), { access }))).toEqual(
      expect.arrayContaining(['access.audience MISSING', 'access.issuer BAD_TEXT']),
    );
  });

  test('a wrong value of a shared prop is named', () => {
    expect(
      faultsOf(() =>
        make(azureStack(), {
          logRetentionDays: 1,
          location: 'West Europe',
          minReplicas: 9,
          maxReplicas: 3,
          environment: { 'a-b': '', PORT: '1' },
          alarmActions: ['oncall'],
          resourceGroup: { id: 'given', name: 'given', location: 'westeurope' },
          deployers: ['somebody'],
          storageReplication: 'three' as never,
          encryptionKey: { id: 'key', versionlessId: 'key', resourceVersionlessId: '/vaults/v/keys/k' },
          tags: { 'a/b': 'c' },
        }),
      ),
    ).toEqual([
      'alarmActions BAD_TEXT',
      'deployers BAD_TEXT',
      'encryptionKey.id BAD_TEXT',
      'encryptionKey.resourceVersionlessId BAD_TEXT',
      'encryptionKey.versionlessId BAD_TEXT',
      'environment.PORT RESERVED_VARIABLE',
      'environment.a-b BAD_TEXT',
      'location BAD_TEXT',
      'logRetentionDays OUT_OF_RANGE',
      'minReplicas MIN_OVER_MAX',
      'resourceGroup.id BAD_TEXT',
      'storageReplication BAD_TEXT',
      'tags.a/b BAD_TEXT',
    ]);
  });
});

test('every shared prop has a row', () => {
  const covered = new Set<string>([...ROWS.map(({ prop }) => prop), 'dashboard', ...ELSEWHERE]);
  expect(Object.keys(AZURE_PROPS).filter((prop) => !covered.has(prop))).toEqual([]);
});
