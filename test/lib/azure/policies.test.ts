import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import { CASES } from './cases.js';
import { DEPLOYER_ID, OTHER_DEPLOYER_ID } from './identifiers.js';
import { azureStack, functionApp, type Resource, type Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

/** Every resource of a type, in a text that says whose it is. */
function of(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.all(type));
}

/** Attributes whose value is a secret that belongs into a vault or into the state alone. */
const SECRET_ATTRIBUTE = /(password|secret|account_key|access_key|connection_string|sas|token)$/;
const SECRET_REFERENCE = /\.(primary_access_key|secondary_access_key|primary_connection_string|primaryKey|sas)\b/;

test.each(CASES)('$name needs a provider that uploads without keys', ({ make }) => {
  const keyed = new TerraformStack(Testing.app(), 'stack');
  make(keyed);
  // The provider may come after what uses it.
  new AzurermProvider(keyed, 'azurerm', { features: [{}] });
  expect(() => Testing.synth(keyed, true)).toThrow(
    /stack\/azurerm: uploads with account keys.*storageUseAzuread: true/,
  );
  const keyless = azureStack();
  make(keyless);
  expect(() => Testing.synth(keyless, true)).not.toThrow();
});

test.each(CASES)('$name gives the deployers that are named their roles, and nobody else', ({ synthesize }) => {
  const rolesOf = (template: Template) => {
    const roles = of(template, 'azurerm_role_assignment').map(([, role]) => role);
    return roles.filter(({ principal_type }) => principal_type === undefined);
  };
  const own = rolesOf(synthesize());
  for (const { principal_id } of own) expect(principal_id).toMatch(/data\.azurerm_client_config\.\w+\.object_id/);
  const deployers = [DEPLOYER_ID, OTHER_DEPLOYER_ID];
  const named = rolesOf(synthesize({ deployers }));
  expect(
    named.map(({ scope, role_definition_name, principal_id }) => [scope, role_definition_name, principal_id]),
  ).toEqual(
    own.flatMap(({ scope, role_definition_name }) =>
      deployers.map((principal) => [scope, role_definition_name, principal]),
    ),
  );
});

describe.each(CASES)('$name', ({ synthesize }) => {
  const template = synthesize();

  test('no blob is public, and transport is TLS 1.2 or later', () => {
    const accounts = of(template, 'azurerm_storage_account');
    expect(accounts.length).toBeGreaterThan(0);
    for (const [, account] of accounts) {
      expect(account).toMatchObject({
        allow_nested_items_to_be_public: false,
        min_tls_version: 'TLS1_2',
        https_traffic_only_enabled: true,
        local_user_enabled: false,
        cross_tenant_replication_enabled: false,
        infrastructure_encryption_enabled: true,
      });
    }
    for (const [, container] of of(template, 'azurerm_storage_container')) {
      expect(container.container_access_type).toBe('private');
    }
    for (const { body } of template.arm('Microsoft.Web/sites')) {
      expect(body.properties).toMatchObject({ httpsOnly: true, siteConfig: { minTlsVersion: '1.2' } });
    }
    for (const [, app] of of(template, 'azurerm_container_app')) {
      expect(app.ingress.allow_insecure_connections).toBe(false);
    }
  });

  test('what serves reads the model with a managed identity, from an account without keys', () => {
    const keyless = of(template, 'azurerm_storage_account').filter(([, { shared_access_key_enabled }]) => {
      return shared_access_key_enabled === false;
    });
    // The accounts of a workspace and of a build context are reached by services that know keys only.
    const withKeys = of(template, 'azurerm_storage_account').filter(([id]) => !/Workspace|Image_Build/.test(id));
    expect(keyless).toEqual(withKeys);
    expect(of(template, 'azurerm_user_assigned_identity').length).toBeGreaterThan(0);
  });

  test('roles are built in, small, and on one resource', () => {
    for (const [id, role] of of(template, 'azurerm_role_assignment')) {
      expect(role.role_definition_name ?? role.role_definition_id).not.toMatch(/^(Owner|Contributor)$/);
      expect(`${id}: ${role.scope}`).not.toMatch(/azurerm_resource_group|azurerm_subscription/);
    }
  });

  test('registries have no admin user and no anonymous pulls', () => {
    for (const [, registry] of of(template, 'azurerm_container_registry')) {
      expect(registry).toMatchObject({ admin_enabled: false, anonymous_pull_enabled: false });
    }
  });

  test('vaults keep what was deleted, and know roles only', () => {
    for (const [, vault] of of(template, 'azurerm_key_vault')) {
      expect(vault).toMatchObject({ purge_protection_enabled: true, rbac_authorization_enabled: true });
    }
  });

  test('no secret stands in the template, and references to one go into a vault or to the registry that builds', () => {
    const faults: string[] = [];
    const visit = (value: unknown, path: string) => {
      if (typeof value === 'string') {
        if (SECRET_ATTRIBUTE.test(path) && !value.includes('${')) faults.push(path);
        if (SECRET_REFERENCE.test(value) && !/key_vault_secret|Image_Build/.test(path)) faults.push(path);
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
      }
    };
    visit(template.json.resource, 'resource');
    expect(faults).toEqual([]);
  });

  test('nothing is served to anyone who brings no credential', () => {
    for (const [id] of of(template, 'azapi_resource').filter(([, { type }]) =>
      type.startsWith('Microsoft.Web/sites@'),
    )) {
      const [auth] = template.arm('Microsoft.Web/sites/config');
      expect(auth).toMatchObject({ name: 'authsettingsV2', parent_id: expect.stringContaining(id) });
      expect(auth!.body.properties.globalValidation).toEqual({
        requireAuthentication: true,
        unauthenticatedClientAction: 'Return401',
      });
      expect(functionApp(template).settings).toHaveProperty('MODELSHIP_JWT_ISSUER');
    }
    for (const [id, app] of of(template, 'azurerm_container_app')) {
      const names = app.template.container[0].env.map(({ name }: Resource) => name);
      expect(names).toContain('MODELSHIP_JWT_ISSUER');
      const [auth] = template.arm('Microsoft.App/containerApps/authConfigs');
      expect(auth!.parent_id).toContain(id);
      expect(auth!.body.properties.globalValidation.unauthenticatedClientAction).toBe('Return401');
    }
    for (const endpoint of template.arm('Microsoft.MachineLearningServices/workspaces/onlineEndpoints')) {
      expect(endpoint.body.properties.authMode).toBe('AADToken');
    }
    for (const [, { spec }] of of(template, 'kubernetes_deployment_v1')) {
      const names = spec.template.spec.container[0].env.map(({ name }: Resource) => name);
      expect(names).toContain('MODELSHIP_JWT_ISSUER');
    }
  });
});
