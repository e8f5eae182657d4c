import { describe, expect, test, vi } from 'vitest';
import { readSchema, schemaFaults } from '../terraform/provider-schema.js';
import { VARIANTS } from './variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const TEMPLATES = VARIANTS.map(({ name, synthesize }) => ({ name, template: synthesize() }));

/** The versions that the stacks are for. */
const PROVIDERS = [
  ['azurerm', '4.55.0'],
  ['azapi', '2.9.0'],
  ['azuread', '3.9.0'],
  ['kubernetes', '2.38.0'],
  ['time', '0.13.1'],
] as const;

describe.each(PROVIDERS)('the provider %s %s', (provider, version) => {
  const schema = readSchema(`${provider}-${version}`);

  test.each(TEMPLATES)('takes $name', ({ template }) => {
    expect(schemaFaults(template, provider, schema)).toEqual([]);
  });
});

/** https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/5.0-upgrade-guide */
test('azurerm 5.2 takes all but the arguments that it renamed', () => {
  const faults = TEMPLATES.flatMap(({ template }) => schemaFaults(template, 'azurerm', readSchema('azurerm-5.2.0')));
  const kinds = new Set(faults.map((fault) => fault.replace(/^(\w+)\.[\w-]+/, '$1')));
  expect([...kinds].sort()).toEqual([
    'azurerm_federated_identity_credential.parent_id: no such argument',
    'azurerm_federated_identity_credential.resource_group_name: no such argument',
    'azurerm_federated_identity_credential.user_assigned_identity_id: required',
    'azurerm_kubernetes_cluster.node_provisioning_profile: required',
    'azurerm_storage_blob.storage_account_name: no such argument',
    'azurerm_storage_blob.storage_container_id: required',
    'azurerm_storage_blob.storage_container_name: no such argument',
  ]);
});
