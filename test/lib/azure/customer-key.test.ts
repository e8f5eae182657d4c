import { KeyVaultKey } from '@cdktf/provider-azurerm/lib/key-vault-key';
import { describe, expect, test, vi } from 'vitest';
import { ContainerModel } from '../../../lib/azure/index.js';
import { CASES } from './cases.js';
import { DEPLOYER_ID, KEY, OTHER_DEPLOYER_ID } from './identifiers.js';
import { azureStack, IMAGE, model, type Resource, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

/** The key of a resource, by the types that can have one of the customer's. */
const KEY_OF: { readonly [type: string]: (resource: Resource) => unknown } = {
  azurerm_storage_account: ({ customer_managed_key: key }) => key?.key_vault_key_id,
  azurerm_container_registry: ({ encryption }) => encryption?.[0].key_vault_key_id,
  azurerm_disk_encryption_set: ({ key_vault_key_id: key }) => key,
  azurerm_machine_learning_workspace: ({ encryption }) =>
    encryption?.key_id.replace(`/${KEY.id.split('/').at(-1)}`, ''),
};

const keyed = (template: Template) =>
  Object.entries(KEY_OF).flatMap(([type, keyOf]) =>
    Object.entries(template.all(type)).map(([id, resource]) => ({ type, id, key: keyOf(resource), resource })),
  );

describe.each(CASES)("$name with a customer's key", ({ name, synthesize }) => {
  const template = synthesize({ encryptionKey: KEY });

  test('encrypts whatever it makes with it', () => {
    for (const { key } of keyed(template)) expect(key).toBe(KEY.versionlessId);
    for (const { key } of keyed(synthesize())) expect(key).toBeUndefined();
  });

  test('by identities that may use that key and do nothing else, before which nothing is made', () => {
    const roles = Object.entries(template.all('azurerm_role_assignment')).filter(
      ([id, { scope }]) => scope === KEY.resourceVersionlessId && !/KeyReader/.test(id),
    );
    expect(roles).toHaveLength(keyed(template).length);
    for (const [, role] of roles) expect(role.role_definition_name).toBe('Key Vault Crypto Service Encryption User');
    for (const { resource } of keyed(template)) {
      expect(resource.depends_on.some((each: string) => /^time_sleep\..*KeyRoleKnown/.test(each))).toBe(true);
    }
  });

  test('covers these', () => {
    const types = [...new Set(keyed(template).map(({ type }) => type.replace('azurerm_', '')))];
    expect(types).toEqual(
      {
        ContainerModel: ['storage_account', 'container_registry', 'disk_encryption_set'],
        ManagedEndpointModel: ['storage_account', 'container_registry', 'machine_learning_workspace'],
      }[name] ?? ['storage_account'],
    );
  });
});

test('nodes of AKS have disks of the set, which the cluster may read', () => {
  const template = CASES.find(({ name }) => name === 'ContainerModel')!.synthesize({ encryptionKey: KEY });
  expect(template.one('azurerm_kubernetes_cluster').disk_encryption_set_id).toMatch(/azurerm_disk_encryption_set\./);
  expect(template.one('azurerm_role_assignment', /DiskReader/)).toMatchObject({
    role_definition_name: 'Reader',
    scope: expect.stringMatching(/azurerm_disk_encryption_set\./),
  });
});

test('deployers can read the key before the set of disks, whose provider looks up the latest version', () => {
  const template = CASES.find(({ name }) => name === 'ContainerModel')!.synthesize({ encryptionKey: KEY });
  expect(template.one('azurerm_role_assignment', /KeyReader/)).toMatchObject({
    role_definition_name: 'Key Vault Reader',
    scope: KEY.resourceVersionlessId,
    principal_id: expect.stringMatching(/azurerm_client_config/),
  });
  expect(template.one('azurerm_disk_encryption_set').depends_on).toContainEqual(
    expect.stringMatching(/KeyReaderKnown/),
  );
});

test('deployers of several clusters with one key get the role once each, and every set of disks waits for it', () => {
  const stack = azureStack();
  const encryptionKey = new KeyVaultKey(stack, 'Key', {
    name: 'key',
    keyVaultId: KEY.resourceVersionlessId.replace(/\/keys\/.*/, ''),
    keyType: 'RSA',
    keyOpts: [],
  });
  const props = { model: model(), location: 'westeurope', image: IMAGE, encryptionKey };
  new ContainerModel(stack, 'One', { ...props, deployers: [DEPLOYER_ID] });
  new ContainerModel(stack, 'Two', { ...props, deployers: [DEPLOYER_ID, OTHER_DEPLOYER_ID] });
  const template = new Template(stack);
  const readers = Object.values(template.all('azurerm_role_assignment')).filter(
    ({ role_definition_name: role }) => role === 'Key Vault Reader',
  );
  expect(readers.map(({ principal_id }) => principal_id).sort()).toEqual([DEPLOYER_ID, OTHER_DEPLOYER_ID]);
  const sets = Object.values(template.all('azurerm_disk_encryption_set'));
  expect(sets).toHaveLength(2);
  for (const { depends_on } of sets) expect(depends_on).toContainEqual(expect.stringMatching(/KeyReaderKnown/));
});

test('a workspace of Azure ML is encrypted by the service, with the version of the key that was given', () => {
  const template = CASES.find(({ name }) => name === 'ManagedEndpointModel')!.synthesize({ encryptionKey: KEY });
  expect(template.one('azurerm_machine_learning_workspace')).toMatchObject({
    service_side_encryption_enabled: true,
    encryption: { key_id: KEY.id, key_vault_id: expect.stringContaining('/keys/') },
    identity: { type: 'SystemAssigned, UserAssigned' },
  });
});
