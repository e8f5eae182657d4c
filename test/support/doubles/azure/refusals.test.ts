import { beforeEach, describe, expect, test } from 'vitest';
import { Arm } from './arm.js';
import { Blobs } from './blobs.js';
import { Graph } from './graph.js';
import type { Response } from './server.js';
import { ACCOUNT_KEYS, AzureStore, type Json, Refusal } from './store.js';
import { Vault } from './vault.js';

const SUBSCRIPTION = '00000000-0000-4000-8000-000000000000';
const DEPLOYER = '22222222-2222-4222-8222-222222222222';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/models`;
const IN = `${GROUP}/providers`;
const ROLES = {
  'Key Vault Crypto Service Encryption User': 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
  'Key Vault Reader': '21090545-7ca7-4776-b22c-e363652d74d2',
  'Network Contributor': '4d97b98b-1d4f-4787-a291-c67834d212e7',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
};

let store: AzureStore;
let arm: Arm;

beforeEach(() => {
  store = new AzureStore(SUBSCRIPTION, '99999999-9999-4999-8999-999999999999', DEPLOYER);
  arm = new Arm(store);
  put(GROUP);
});

const request = (method: string, path: string, body: Json = {}, host = 'management.azure.com') => ({
  ...{ method, path, body, host },
  query: new URLSearchParams(),
  headers: { authorization: 'Bearer token' },
  bytes: Buffer.alloc(0),
});

/** Creates or replaces a resource. Returns its id. */
function put(id: string, properties: Json = {}, rest: Json = {}): string {
  arm.answer(request('PUT', id, { location: 'westeurope', ...rest, properties }));
  return id;
}

const remove = (id: string): Response => arm.answer(request('DELETE', id));

function grant(principalId: string, role: keyof typeof ROLES, scope: string): void {
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${ROLES[role]}`;
  put(`${scope}/providers/Microsoft.Authorization/roleAssignments/${store.uuid()}`, { principalId, roleDefinitionId });
}

/** Creates a managed identity. Returns how resources name it, and its object id. */
function managedIdentity(): { readonly rest: Json; readonly principal: string } {
  const id = put(`${IN}/Microsoft.ManagedIdentity/userAssignedIdentities/models`);
  const rest = { identity: { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } } };
  return { rest, principal: store.get(id).properties.principalId };
}

/** Status and code with which the double rejects what `act` requests, or `accepted`. */
function answerTo(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return `${error.status} ${error.code}`;
    throw error;
  }
}

describe('resources', () => {
  const account = `${IN}/Microsoft.Storage/storageAccounts/models`;
  const storage = { sku: { name: 'Standard_LRS' } };

  test('need their group and what contains them', () => {
    const elsewhere = account.replace('/models/', '/other/');
    expect(answerTo(() => put(elsewhere, {}, storage))).toBe('404 ResourceGroupNotFound');
    const policy = `${account}/managementPolicies/default`;
    expect(answerTo(() => put(policy))).toBe('404 ParentResourceNotFound');
    put(account, {}, storage);
    expect(answerTo(() => put(policy))).toBe('accepted');
  });

  test('have valid names, some unique in all of Azure', () => {
    expect(answerTo(() => put(`${IN}/Microsoft.Storage/storageAccounts/my-models`, {}, storage))).toBe(
      '400 InvalidResourceName',
    );
    put(account, {}, storage);
    expect(answerTo(() => put(account, {}, storage))).toBe('accepted');
    const other = put(`/subscriptions/${SUBSCRIPTION}/resourceGroups/other`);
    const taken = `${other}/providers/Microsoft.Storage/storageAccounts/models`;
    expect(answerTo(() => put(taken, {}, storage))).toBe('409 NameNotAvailable');
  });

  test('cannot be created under the name of a soft-deleted one, only recovered', () => {
    const vault = put(`${IN}/Microsoft.KeyVault/vaults/models`);
    remove(vault);
    expect(answerTo(() => put(vault))).toBe('409 ConflictError');
    expect(answerTo(() => put(vault, { createMode: 'recover' }))).toBe('accepted');
  });

  test('get a role once, and only a role that exists', () => {
    put(account, {}, storage);
    grant(DEPLOYER, 'Reader', account);
    expect(answerTo(() => grant(DEPLOYER, 'Reader', account))).toBe('409 RoleAssignmentExists');
    const assignment = `${account}/providers/Microsoft.Authorization/roleAssignments/${store.uuid()}`;
    const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${DEPLOYER}`;
    expect(answerTo(() => put(assignment, { principalId: DEPLOYER, roleDefinitionId }))).toBe(
      '400 RoleDefinitionDoesNotExist',
    );
  });

  test('answer neither unknown actions nor unknown methods', () => {
    put(account, {}, storage);
    expect(answerTo(() => arm.answer(request('POST', `${account}/restart`)))).toBe('404 NotFound');
    expect(answerTo(() => arm.answer(request('TRACE', account)))).toBe('405 MethodNotAllowed');
    expect(answerTo(() => arm.answer(request('GET', `${account}s`)))).toBe('404 ResourceNotFound');
  });
});

describe('Front Door', () => {
  const profile = `${IN}/Microsoft.Cdn/profiles/models`;
  const ids = {
    endpoint: `${profile}/afdEndpoints/models`,
    domain: `${profile}/customDomains/models`,
    group: `${profile}/originGroups/models`,
    origin: `${profile}/originGroups/models/origins/models`,
    route: `${profile}/afdEndpoints/models/routes/models`,
    firewall: `${IN}/Microsoft.Network/frontDoorWebApplicationFirewallPolicies/models`,
    policy: `${profile}/securityPolicies/models`,
  };
  const premium = { sku: { name: 'Premium_AzureFrontDoor' } };
  const standard = { sku: { name: 'Standard_AzureFrontDoor' } };
  const enabled = { enabledState: 'Enabled' };
  const routed = { originGroup: { id: ids.group }, customDomains: [{ id: ids.domain }] };
  const protecting = (firewall: string) => ({
    parameters: {
      wafPolicy: { id: firewall },
      associations: [{ domains: [{ id: ids.endpoint }, { id: ids.domain }] }],
    },
  });

  beforeEach(() => {
    put(profile, {}, premium);
    for (const id of [ids.endpoint, ids.domain, ids.group]) put(id);
    put(ids.origin, enabled);
    put(ids.firewall, { managedRules: { managedRuleSets: [{ ruleSetType: 'Microsoft_DefaultRuleSet' }] } }, premium);
  });

  test('deletes domain, origin and group only after the route that uses them', () => {
    put(ids.route, routed);
    for (const id of [ids.domain, ids.origin, ids.group])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('409 Conflict');
    remove(ids.route);
    for (const id of [ids.domain, ids.origin, ids.group])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('accepted');
  });

  test('deletes an origin beside another one', () => {
    put(ids.route, routed);
    put(`${ids.group}/origins/other`, enabled);
    expect(answerTo(() => remove(ids.origin))).toBe('accepted');
  });

  test('deletes endpoint, domain and firewall only after the security policy that contains them', () => {
    put(ids.policy, protecting(ids.firewall));
    for (const id of [ids.endpoint, ids.domain])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('400 BadRequest');
    expect(answerTo(() => remove(ids.firewall))).toBe('409 Conflict');
    remove(ids.policy);
    for (const id of [ids.endpoint, ids.domain, ids.firewall])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('accepted');
  });

  test('routes to a group with an enabled origin, from domains that exist', () => {
    put(ids.origin, { enabledState: 'Disabled' });
    expect(answerTo(() => put(ids.route, routed))).toBe('400 BadRequest');
    put(ids.origin, enabled);
    expect(answerTo(() => put(ids.route, routed))).toBe('accepted');
    const unknown = { ...routed, customDomains: [{ id: `${ids.domain}-2` }] };
    expect(answerTo(() => put(ids.route, unknown))).toBe('404 ResourceNotFound');
    const unlinked = { ...routed, customDomains: [] };
    expect(answerTo(() => put(ids.route, unlinked))).toBe('400 BadRequest');
    expect(answerTo(() => put(ids.route, { ...unlinked, linkToDefaultDomain: 'Enabled' }))).toBe('accepted');
  });

  test('has managed rules only in the tier Premium, which the profile must have too', () => {
    const other = ids.firewall.replace(/models$/, 'other');
    const rules = store.get(ids.firewall).properties;
    expect(answerTo(() => put(other, rules, standard))).toBe('400 BadRequest');
    expect(answerTo(() => put(other, {}, standard))).toBe('accepted');
    expect(answerTo(() => put(ids.policy, protecting(other)))).toBe('400 BadRequest');
    expect(answerTo(() => put(ids.policy, protecting(ids.firewall)))).toBe('accepted');
  });

  test('has one security policy in a profile for each firewall', () => {
    put(ids.policy, protecting(ids.firewall));
    const second = `${ids.policy}-2`;
    expect(answerTo(() => put(second, protecting(ids.firewall)))).toBe('400 BadRequest');
    remove(ids.policy);
    expect(answerTo(() => put(second, protecting(ids.firewall)))).toBe('accepted');
  });

  test('has names of letters and digits for firewalls', () => {
    expect(answerTo(() => put(`${ids.firewall}-2`, {}, premium))).toBe('400 InvalidResourceName');
  });
});

describe('AKS', () => {
  const cluster = `${IN}/Microsoft.ContainerService/managedClusters/models`;
  const subnet = `${IN}/Microsoft.Network/virtualNetworks/network/subnets/nodes`;
  const pool = { name: 'system', count: 1, vmSize: 'Standard_D4s_v5' };
  const properties = { dnsPrefix: 'models', agentPoolProfiles: [pool] };

  test('has valid names of clusters, node pools and in DNS', () => {
    expect(answerTo(() => put(`${cluster}.`, properties))).toBe('400 InvalidParameter');
    expect(answerTo(() => put(cluster, { ...properties, dnsPrefix: 'my_models' }))).toBe('400 InvalidParameter');
    expect(answerTo(() => put(cluster, properties))).toBe('accepted');
    expect(answerTo(() => put(`${cluster}/agentPools/gpu-pool`, pool))).toBe('400 InvalidParameter');
    expect(answerTo(() => put(`${cluster}/agentPools/gpus`, pool))).toBe('accepted');
  });

  test('has GPUs up to the quota, and no surge nodes in spot pools', () => {
    put(cluster, properties);
    const gpus = { vmSize: 'Standard_NC4as_T4_v3', count: 2 };
    store.quotas.gpuVcpus = 4;
    expect(answerTo(() => put(`${cluster}/agentPools/gpus`, gpus))).toBe('400 ErrCode_InsufficientVCPUQuota');
    store.quotas.gpuVcpus = 8;
    expect(answerTo(() => put(`${cluster}/agentPools/gpus`, gpus))).toBe('accepted');
    const surge = { ...gpus, scaleSetPriority: 'Spot', upgradeSettings: { maxSurge: '10%' } };
    expect(answerTo(() => put(`${cluster}/agentPools/spot`, surge))).toBe('400 SpotPoolMaxSurgeNotSupported');
  });

  test('joins a subnet and reads an encryption set only by a role', () => {
    const { rest, principal } = managedIdentity();
    const disks = put(`${IN}/Microsoft.Compute/diskEncryptionSets/disks`, { activeKey: { keyUrl: key() } }, rest);
    const given = { ...properties, agentPoolProfiles: [{ ...pool, vnetSubnetID: subnet }], diskEncryptionSetID: disks };
    expect(answerTo(() => put(cluster, given, rest))).toBe('403 LinkedAuthorizationFailed');
    store.give(subnet, {});
    grant(principal, 'Network Contributor', subnet);
    expect(answerTo(() => put(cluster, given, rest))).toBe('403 DiskEncryptionSetUnauthorized');
    grant(principal, 'Reader', disks);
    expect(answerTo(() => put(cluster, given, rest))).toBe('accepted');
    expect(answerTo(() => remove(disks))).toBe('409 OperationNotAllowed');

    /** Key of a vault that the identity may use. */
    function key(): string {
      const vault = put(`${IN}/Microsoft.KeyVault/vaults/models`);
      store.give(`${vault}/keys/disks`, {});
      grant(principal, 'Key Vault Crypto Service Encryption User', `${vault}/keys/disks`);
      return 'https://models.vault.azure.net/keys/disks';
    }
  });

  test('encrypts disks with a key that an identity may use', () => {
    const { rest } = managedIdentity();
    const disks = `${IN}/Microsoft.Compute/diskEncryptionSets/disks`;
    const encrypted = (keyUrl: string) => answerTo(() => put(disks, { activeKey: { keyUrl } }, rest));
    expect(encrypted('https://models.vault.azure.net/keys/disks')).toBe('403 KeyVaultAccessForbidden');
    expect(encrypted('https://models.vault.azure.net/secrets/disks')).toBe('400 InvalidKeyUri');
  });

  test('trusts an account of a cluster once, and twenty in all', () => {
    const identity = put(`${IN}/Microsoft.ManagedIdentity/userAssignedIdentities/models`);
    const trust = (name: string, subject: string) =>
      answerTo(() => put(`${identity}/federatedIdentityCredentials/${name}`, { issuer: 'https://issuer', subject }));
    expect(trust('first', 'system:serviceaccount:models:1')).toBe('accepted');
    expect(trust('second', 'system:serviceaccount:models:1')).toBe('409 Conflict');
    for (let count = 2; count <= 20; count++) trust(`t${count}`, `system:serviceaccount:models:${count}`);
    expect(trust('last', 'system:serviceaccount:models:21')).toBe('400 TooManyFederatedIdentityCredentials');
  });

  test('gives credentials only if a cluster was started', () => {
    put(cluster, properties);
    expect(answerTo(() => arm.answer(request('POST', `${cluster}/listClusterUserCredential`)))).toBe(
      '500 InternalError',
    );
  });
});

describe('Container Apps and Functions', () => {
  const app = `${IN}/Microsoft.App/containerApps/models`;
  const revision = (revisionSuffix: string, image: string, traffic?: Json) => ({
    environmentId: `${IN}/Microsoft.App/managedEnvironments/models`,
    template: { revisionSuffix, containers: [{ image }] },
    configuration: { ingress: { traffic } },
  });

  test('have one content for the name of a revision, and do not return to an earlier name', () => {
    put(app, revision('m1', 'a'));
    expect(answerTo(() => put(app, revision('m1', 'b')))).toBe('400 ContainerAppInvalidRevisionSuffix');
    put(app, revision('m2', 'b'));
    expect(answerTo(() => put(app, revision('m1', 'a')))).toBe('400 ContainerAppInvalidRevisionSuffix');
    expect(answerTo(() => put(app, revision('m3', 'a')))).toBe('accepted');
  });

  test('split all of the traffic between revisions that exist', () => {
    put(app, revision('m1', 'a'));
    const split = (stable: string, weight: number) =>
      answerTo(() => put(app, revision('m2', 'b', [{ revisionName: stable, weight }, { weight: 10 }])));
    expect(split('models--m1', 80)).toBe('400 ContainerAppInvalidTraffic');
    expect(split('models--m0', 90)).toBe('400 RevisionNotFound');
    expect(split('models--m1', 90)).toBe('accepted');
  });

  test('are deleted before their environment and their plan', () => {
    const environment = put(`${IN}/Microsoft.App/managedEnvironments/models`);
    put(app, revision('m1', 'a'));
    expect(answerTo(() => remove(environment))).toBe('409 ManagedEnvironmentHasContainerApps');
    const plan = put(`${IN}/Microsoft.Web/serverfarms/models`);
    const site = put(`${IN}/Microsoft.Web/sites/models`, { serverFarmId: plan });
    expect(answerTo(() => remove(plan))).toBe('409 Conflict');
    for (const id of [app, site]) remove(id);
    for (const id of [environment, plan])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('accepted');
  });
});

describe('Azure ML', () => {
  const workspace = `${IN}/Microsoft.MachineLearningServices/workspaces/models`;
  const endpoint = `${workspace}/onlineEndpoints/models`;
  const deployment = `${endpoint}/deployments/m1`;

  beforeEach(() => {
    put(workspace);
    put(endpoint);
    put(deployment);
  });

  test('sends all of the traffic to deployments that exist', () => {
    expect(answerTo(() => put(endpoint, { traffic: { m2: 100 } }))).toBe('400 BadRequest');
    expect(answerTo(() => put(endpoint, { traffic: { m1: 50 } }))).toBe('400 BadRequest');
    expect(answerTo(() => put(endpoint, { traffic: { m1: 100 } }))).toBe('accepted');
  });

  test('deletes deployments without traffic, then the endpoint, then the workspace', () => {
    put(endpoint, { traffic: { m1: 100 } });
    expect(answerTo(() => remove(deployment))).toBe('409 UserError');
    put(endpoint, { traffic: {} });
    expect(answerTo(() => remove(workspace))).toBe('409 Conflict');
    expect(answerTo(() => remove(endpoint))).toBe('409 Conflict');
    for (const id of [deployment, endpoint, workspace])
      expect(
        answerTo(() => remove(id)),
        id,
      ).toBe('accepted');
  });
});

describe('blobs, vaults, builds and Graph', () => {
  const account = `${IN}/Microsoft.Storage/storageAccounts/models`;
  const container = `${account}/blobServices/default/containers/models`;

  test('a blob needs its account, a role, its container and a way into a private network', () => {
    const blobs = new Blobs(store);
    const get = () => answerTo(() => blobs.answer(request('GET', '/models/m1', {}, 'models.blob.core.windows.net')));
    expect(get()).toBe('404 AccountNotFound');
    put(account, { publicNetworkAccess: 'Disabled' }, { sku: { name: 'Standard_LRS' } });
    expect(get()).toBe('403 AuthorizationFailure');
    const connection = { name: 'blob', properties: { privateLinkServiceId: account, groupIds: ['blob'] } };
    put(`${IN}/Microsoft.Network/privateEndpoints/blob`, { privateLinkServiceConnections: [connection] });
    expect(get()).toBe('403 AuthorizationPermissionMismatch');
    grant(DEPLOYER, 'Storage Blob Data Contributor', account);
    expect(get()).toBe('404 ContainerNotFound');
    put(container);
    expect(get()).toBe('404 BlobNotFound');
    blobs.answer(request('PUT', '/models/m1', {}, 'models.blob.core.windows.net'));
    expect(get()).toBe('accepted');
  });

  test('a key of a vault is read by a role of the vault', () => {
    const vault = new Vault(store);
    const get = () => answerTo(() => vault.answer(request('GET', '/keys/disks', {}, 'models.vault.azure.net')));
    expect(get()).toBe('404 VaultNotFound');
    const id = put(`${IN}/Microsoft.KeyVault/vaults/models`);
    expect(get()).toBe('403 ForbiddenByRbac');
    grant(DEPLOYER, 'Key Vault Reader', id);
    expect(get()).toBe('accepted');
  });

  test('an image is built from a link that is signed and not expired', () => {
    const registry = put(`${IN}/Microsoft.ContainerRegistry/registries/models`, {}, { sku: { name: 'Basic' } });
    const link = `https://models.blob.core.windows.net/models/context.tar.gz?sp=r&se=2100-01-01&sig=${ACCOUNT_KEYS[0]!.value}`;
    const build = () => put(`${registry}/taskRuns/m1`, { runRequest: { sourceLocation: link } });
    expect(answerTo(build)).toBe('400 InvalidSourceLocation');
  });

  test('a service principal needs its application', () => {
    const graph = new Graph(store);
    const create = (appId: string) =>
      graph.answer(request('POST', '/v1.0/servicePrincipals', { appId }, 'graph.microsoft.com'));
    expect(answerTo(() => create(store.uuid()))).toBe('400 Request_BadRequest');
    const { body } = graph.answer(request('POST', '/v1.0/applications', {}, 'graph.microsoft.com'));
    expect(answerTo(() => create(body.appId))).toBe('accepted');
    expect(answerTo(() => graph.answer(request('GET', `/v1.0/applications/${DEPLOYER}`)))).toBe(
      '404 Request_ResourceNotFound',
    );
  });
});
