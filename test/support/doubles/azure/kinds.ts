import { aks } from './aks.js';
import { builtInRoleName } from './arm.js';
import { containerRegistry } from './container-registry.js';
import { frontDoor } from './front-door.js';
import { monitor } from './monitor.js';
import { named } from './names.js';
import { ACCOUNT_KEYS, type AzureStore, type Json, Refusal } from './store.js';

/** Request for one resource. */
export interface Call {
  readonly store: AzureStore;
  readonly id: string;
  readonly before?: Json;
}

/** What Azure does with resources of one type beyond storing them. */
export interface Kind {
  /** Whether it exists with its parent. */
  readonly byDefault?: boolean;
  /** Whether it has a provisioning state. @default true */
  readonly hasState?: boolean;
  /** Status of the response that creates it. @default 200 */
  readonly createdStatus?: number;
  /** Status of the response that deletes it. 202 means that clients poll until it is gone. @default 200 */
  readonly deletedStatus?: number;
  /** Whether a deleted resource keeps its name until it is purged. */
  readonly isSoftDeleted?: boolean;
  /** Throws {@link Refusal} for what Azure rejects. */
  readonly check?: (resource: Json, call: Call) => void;
  /** Sets what Azure sets. */
  readonly complete?: (resource: Json, call: Call) => void;
  /** Creates what Azure creates beside it. */
  readonly created?: (resource: Json, call: Call) => void;
  readonly checkDelete?: (resource: Json, call: Call) => void;
  readonly deleted?: (resource: Json, call: Call) => void;
}

function defaults(values: Json) {
  return (resource: Json) => {
    resource.properties = { ...values, ...resource.properties };
  };
}

const storageAccount: Kind = {
  check: named(/^[a-z0-9]{3,24}$/, true),
  complete(resource) {
    const { name, properties } = resource;
    const host = (service: string) => `https://${name}.${service}.core.windows.net/`;
    resource.sku = { tier: resource.sku.name.split('_')[0], ...resource.sku };
    resource.kind ??= 'StorageV2';
    resource.properties = {
      accessTier: 'Hot',
      allowSharedKeyAccess: true,
      publicNetworkAccess: 'Enabled',
      networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow', ipRules: [], virtualNetworkRules: [] },
      primaryLocation: resource.location,
      statusOfPrimary: 'available',
      ...properties,
      encryption: {
        keySource: 'Microsoft.Storage',
        services: { blob: { enabled: true, keyType: 'Account' }, file: { enabled: true, keyType: 'Account' } },
        ...properties.encryption,
      },
      primaryEndpoints: {
        blob: host('blob'),
        dfs: host('dfs'),
        file: host('file'),
        queue: host('queue'),
        table: host('table'),
        web: host('z6.web'),
      },
    };
  },
};

const roleAssignment: Kind = {
  hasState: false,
  createdStatus: 201,
  check({ properties, id }, { store, before }) {
    const scope = id.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/.*$/i, '');
    const same = store
      .all()
      .some(
        (each) =>
          each.type === 'microsoft.authorization/roleassignments' &&
          each.properties.scope === scope &&
          each.properties.principalId === properties.principalId &&
          each.properties.roleDefinitionId === properties.roleDefinitionId,
      );
    // https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#azure-role-assignments
    if (same && !before) throw new Refusal(409, 'RoleAssignmentExists', 'The role assignment already exists.');
  },
  complete(resource, { store }) {
    const scope = resource.id.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/.*$/i, '');
    const definition = resource.properties.roleDefinitionId.split('/').at(-1);
    const own = store.all().find((each) => each.name === definition && each.type?.endsWith('/roledefinitions'));
    const roleName = own?.properties.roleName ?? builtInRoleName(definition);
    if (!roleName) throw new Refusal(400, 'RoleDefinitionDoesNotExist', `role ${definition} does not exist`);
    resource.properties = { principalType: 'ServicePrincipal', ...resource.properties, scope, roleName };
  },
};

export const KINDS: { readonly [type: string]: Kind } = {
  ...aks.kinds,
  ...containerRegistry.kinds,
  ...frontDoor.kinds,
  ...monitor.kinds,
  'microsoft.resources/resourcegroups': { check: named(/^[-\w.()]{1,90}$/) },
  'microsoft.storage/storageaccounts': storageAccount,
  'microsoft.storage/storageaccounts/blobservices': { byDefault: true, hasState: false },
  'microsoft.storage/storageaccounts/fileservices': {
    byDefault: true,
    hasState: false,
    complete: defaults({ shareDeleteRetentionPolicy: { enabled: true, days: 7 } }),
  },
  'microsoft.storage/storageaccounts/queueservices': { byDefault: true, hasState: false },
  'microsoft.storage/storageaccounts/managementpolicies': { hasState: false },
  'microsoft.storage/storageaccounts/blobservices/containers': {
    hasState: false,
    check: named(/^[a-z0-9](-?[a-z0-9]){2,62}$/),
    complete: defaults({
      publicAccess: 'None',
      hasImmutabilityPolicy: false,
      hasLegalHold: false,
      defaultEncryptionScope: '$account-encryption-key',
      denyEncryptionScopeOverride: false,
    }),
  },
  'microsoft.authorization/roleassignments': roleAssignment,
  'microsoft.authorization/roledefinitions': { hasState: false },
  'microsoft.managedidentity/userassignedidentities': {
    check: named(/^[a-zA-Z0-9][-\w]{2,127}$/),
    complete(resource, { store, before }) {
      const { principalId = store.uuid(), clientId = store.uuid() } = before?.properties ?? {};
      resource.properties = { ...resource.properties, principalId, clientId, tenantId: store.tenant };
    },
  },
  'microsoft.operationalinsights/workspaces': {
    check: named(/^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$/),
    complete(resource, { store, before }) {
      resource.properties = {
        publicNetworkAccessForIngestion: 'Enabled',
        publicNetworkAccessForQuery: 'Enabled',
        retentionInDays: 30,
        workspaceCapping: { dailyQuotaGb: -1 },
        ...resource.properties,
        customerId: before?.properties.customerId ?? store.uuid(),
      };
      resource.properties.features = {
        disableLocalAuth: false,
        enableLogAccessUsingOnlyResourcePermissions: true,
        ...resource.properties.features,
      };
    },
  },
  'microsoft.insights/components': {
    complete(resource, { store, before }) {
      const key = before?.properties.InstrumentationKey ?? store.uuid();
      resource.properties = {
        RetentionInDays: 90,
        IngestionMode: 'LogAnalytics',
        publicNetworkAccessForIngestion: 'Enabled',
        publicNetworkAccessForQuery: 'Enabled',
        ...resource.properties,
        AppId: before?.properties.AppId ?? store.uuid(),
        InstrumentationKey: key,
        ConnectionString: `InstrumentationKey=${key};IngestionEndpoint=https://local/`,
        SamplingPercentage: resource.properties.SamplingPercentage ?? 100,
      };
    },
    // Azure adds both outside of the state: https://github.com/hashicorp/terraform-provider-azurerm/issues/18026
    created(resource, { store, before }) {
      if (before) return;
      const group = resource.id.replace(/\/providers\/.*$/, '');
      const rule = `${group}/providers/microsoft.alertsmanagement/smartDetectorAlertRules/Failure Anomalies - ${resource.name}`;
      const actions = `${group}/providers/microsoft.insights/actionGroups/Application Insights Smart Detection`;
      for (const id of [rule, actions])
        store.set(id, {
          id,
          name: id.split('/').at(-1),
          type: id.split('/').slice(-3, -1).join('/').toLowerCase(),
          location: 'global',
          properties: { state: 'Enabled' },
        });
    },
  },
  'microsoft.insights/components/currentbillingfeatures': {
    byDefault: true,
    hasState: false,
    complete(resource) {
      resource.CurrentBillingFeatures = ['Basic'];
      resource.DataVolumeCap = { Cap: 100, WarningThreshold: 0, StopSendNotificationWhenHitCap: false };
    },
  },
  'microsoft.insights/workbooks': { hasState: false },
  'microsoft.app/managedenvironments': {
    check: named(/^[a-z0-9A-Z-]{1,60}$/),
    complete(resource) {
      resource.properties = {
        // https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/containerapps/container_app_environment_resource.go
        publicNetworkAccess: resource.properties.vnetConfiguration?.internal ? 'Disabled' : 'Enabled',
        zoneRedundant: false,
        ...resource.properties,
        defaultDomain: `${resource.name}.local.azurecontainerapps.io`,
        staticIp: '10.0.0.1',
        customDomainConfiguration: {
          customDomainVerificationId: 'ABCD',
          ...resource.properties.customDomainConfiguration,
        },
      };
    },
    checkDelete(resource, { store }) {
      const apps = store
        .all()
        .filter(
          ({ type, properties }) =>
            type === 'microsoft.app/containerapps' &&
            (properties.managedEnvironmentId ?? properties.environmentId)?.toLowerCase() === resource.id.toLowerCase(),
        );
      if (apps.length > 0) throw new Refusal(409, 'ManagedEnvironmentHasContainerApps', `${resource.name} has apps`);
    },
  },
  'microsoft.app/containerapps': {
    check(resource, { store, before }) {
      named(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/)(resource, { store, id: resource.id, before });
      const { template, configuration } = resource.properties;
      const suffix = template?.revisionSuffix;
      // https://github.com/microsoft/azure-container-apps/issues/650
      const revisions: Json[] = before?.secrets ?? [];
      const content = revisionContent(template);
      const known = revisions.find((each) => each.suffix === suffix);
      if (known && known.content !== content) {
        throw new Refusal(400, 'ContainerAppInvalidRevisionSuffix', `revision suffix ${suffix} is already used`);
      }
      const current = before?.properties.template.revisionSuffix;
      if (known && suffix !== current) {
        throw new Refusal(400, 'ContainerAppInvalidRevisionSuffix', `revision suffix ${suffix} is already used`);
      }
      const shares = (configuration?.ingress?.traffic ?? []).map(({ weight = 0 }: Json) => weight);
      if (shares.length > 0 && shares.reduce((sum: number, each: number) => sum + each, 0) !== 100) {
        throw new Refusal(400, 'ContainerAppInvalidTraffic', 'the weights must sum up to 100');
      }
      // https://learn.microsoft.com/azure/container-apps/traffic-splitting
      const names = [suffix, ...revisions.map((each) => each.suffix)].map((each) => `${resource.name}--${each}`);
      for (const { revisionName } of configuration?.ingress?.traffic ?? []) {
        if (revisionName && !names.includes(revisionName)) {
          throw new Refusal(400, 'RevisionNotFound', `The revision ${revisionName} of the traffic was not found`);
        }
      }
    },
    complete(resource, { before }) {
      const { name, properties } = resource;
      const revisions: Json[] = before?.secrets ?? [];
      const content = revisionContent(properties.template);
      // The provider sends the suffix only if it changes. Without a change of the template there is no new revision:
      // https://github.com/microsoft/azure-container-apps/issues/312
      const current = before?.properties.template.revisionSuffix;
      const isSame = revisions.some((each) => each.suffix === current && each.content === content);
      const suffix = properties.template.revisionSuffix ?? (isSame ? current : `${revisions.length}`);
      resource.secrets = revisions.some((each) => each.suffix === suffix)
        ? revisions
        : [...revisions, { suffix, content }];
      const fqdn = `${name}.local.azurecontainerapps.io`;
      const { ingress } = properties.configuration ?? {};
      resource.properties = {
        ...properties,
        environmentId: properties.environmentId ?? properties.managedEnvironmentId,
        managedEnvironmentId: properties.managedEnvironmentId ?? properties.environmentId,
        latestRevisionName: `${name}--${suffix}`,
        latestRevisionFqdn: `${name}--${suffix}.local.azurecontainerapps.io`,
        latestReadyRevisionName: `${name}--${suffix}`,
        outboundIpAddresses: ['10.0.0.2'],
        runningStatus: 'Running',
        workloadProfileName: properties.workloadProfileName ?? 'Consumption',
        configuration: {
          activeRevisionsMode: 'Single',
          ...properties.configuration,
          ...(ingress ? { ingress: { allowInsecure: false, exposedPort: 0, ...ingress, fqdn } } : {}),
        },
        template: {
          ...properties.template,
          revisionSuffix: suffix,
          scale: {
            minReplicas: 0,
            maxReplicas: 10,
            pollingInterval: 30,
            cooldownPeriod: 300,
            ...properties.template.scale,
          },
        },
        customDomainVerificationId: 'ABCD',
      };
    },
  },
  'microsoft.web/serverfarms': {
    checkDelete(resource, { store }) {
      const sites = store
        .all()
        .filter(
          ({ type, properties }) =>
            type === 'microsoft.web/sites' && properties.serverFarmId?.toLowerCase() === resource.id.toLowerCase(),
        );
      if (sites.length > 0)
        throw new Refusal(
          409,
          'Conflict',
          `Server farm '${resource.name}' cannot be deleted because it has web app(s) assigned to it.`,
        );
    },
    complete(resource) {
      resource.properties = {
        maximumElasticWorkerCount: 1,
        numberOfWorkers: 1,
        targetWorkerCount: 0,
        ...resource.properties,
        numberOfSites: 0,
      };
    },
  },
  'microsoft.web/sites': {
    check: named(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]$/, true),
    complete(resource) {
      resource.properties = {
        ...resource.properties,
        defaultHostName: `${resource.name}.azurewebsites.net`,
        hostNames: [`${resource.name}.azurewebsites.net`],
        enabledHostNames: [`${resource.name}.azurewebsites.net`],
        state: 'Running',
        customDomainVerificationId: 'ABCD',
      };
    },
  },
  'microsoft.web/sites/config': { byDefault: true, hasState: false },
  'microsoft.web/sites/basicpublishingcredentialspolicies': { byDefault: true, hasState: false },
  'microsoft.keyvault/vaults': {
    isSoftDeleted: true,
    check: named(/^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/, true),
    complete(resource, { store }) {
      store.softDeleted.delete(`microsoft.keyvault/vaults/${resource.name}`.toLowerCase());
      resource.properties = {
        vaultUri: `https://${resource.name}.vault.azure.net/`,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        publicNetworkAccess: 'Enabled',
        accessPolicies: [],
        ...resource.properties,
      };
    },
    deleted(resource, { store }) {
      const { location, properties } = resource;
      const id = `/subscriptions/${store.subscription}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${resource.name}`;
      store.set(id, {
        id,
        name: resource.name,
        type: 'microsoft.keyvault/locations/deletedvaults',
        given: true,
        properties: { vaultId: resource.id, location, purgeProtectionEnabled: properties.enablePurgeProtection },
      });
    },
  },
  'microsoft.machinelearningservices/workspaces': {
    isSoftDeleted: true,
    check: named(/^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$/),
    complete(resource, { store, before }) {
      resource.properties = {
        publicNetworkAccess: 'Enabled',
        v1LegacyMode: false,
        hbiWorkspace: false,
        ...resource.properties,
        workspaceId: before?.properties.workspaceId ?? store.uuid(),
        discoveryUrl: `https://${resource.location}.api.azureml.ms/discovery`,
        managedNetwork: { isolationMode: 'Disabled', ...resource.properties.managedNetwork },
      };
      resource.kind ??= 'Default';
      resource.sku ??= { name: 'Basic', tier: 'Basic' };
    },
    checkDelete(resource, { store }) {
      const endpoints = store.list(resource.id, 'microsoft.machinelearningservices/workspaces/onlineendpoints');
      if (endpoints.length > 0) throw new Refusal(409, 'Conflict', `${resource.name} still has endpoints`);
    },
  },
  'microsoft.machinelearningservices/workspaces/onlineendpoints': {
    check(resource, { store }) {
      const ids = store
        .list(resource.id, 'microsoft.machinelearningservices/workspaces/onlineendpoints/deployments')
        .map(({ name }) => name);
      const shares = Object.entries<number>(resource.properties.traffic ?? {});
      const unknown = shares.find(([name, share]) => share > 0 && !ids.includes(name));
      if (unknown) throw new Refusal(400, 'BadRequest', `The deployment ${unknown[0]} in the traffic does not exist`);
      const sum = shares.reduce((all, [, share]) => all + share, 0);
      if (shares.length > 0 && sum !== 100 && sum !== 0)
        throw new Refusal(400, 'BadRequest', 'traffic must sum up to 0 or 100');
    },
    complete(resource) {
      const { name, location } = resource;
      resource.properties = {
        traffic: {},
        mirrorTraffic: {},
        ...resource.properties,
        scoringUri: `https://${name}.${location}.inference.ml.azure.com/score`,
        swaggerUri: `https://${name}.${location}.inference.ml.azure.com/swagger.json`,
      };
    },
    checkDelete(resource, { store }) {
      const deployments = store.list(
        resource.id,
        'microsoft.machinelearningservices/workspaces/onlineendpoints/deployments',
      );
      if (deployments.length > 0) throw new Refusal(409, 'Conflict', `${resource.name} has deployments`);
    },
  },
  'microsoft.machinelearningservices/workspaces/onlineendpoints/deployments': {
    checkDelete(resource, { store }) {
      const endpoint = store.get(resource.id.replace(/\/deployments\/[^/]+$/i, ''));
      // https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints
      if ((endpoint.properties.traffic?.[resource.name] ?? 0) > 0) {
        throw new Refusal(409, 'UserError', `Deployment ${resource.name} has non-zero traffic`);
      }
    },
  },
  'microsoft.network/privateendpoints': {
    complete(resource) {
      const connections = resource.properties.privateLinkServiceConnections ?? [];
      resource.properties.privateLinkServiceConnections = connections.map((each: Json) => ({
        ...each,
        id: `${resource.id}/privateLinkServiceConnections/${each.name}`,
        properties: {
          ...each.properties,
          provisioningState: 'Succeeded',
          privateLinkServiceConnectionState: {
            status: 'Approved',
            description: 'Auto-Approved',
            actionsRequired: 'None',
          },
        },
      }));
      resource.properties.networkInterfaces = [];
      resource.properties.customDnsConfigs = [];
    },
  },
};

export type Action = (call: { store: AzureStore; id: string; body: Json; query: URLSearchParams }) => Json;

/** POST requests by type and name. */
export const ACTIONS: { readonly [name: string]: Action } = {
  'microsoft.storage/storageaccounts/listkeys': ({ store, id }) => {
    const { properties } = store.get(id);
    if (properties.allowSharedKeyAccess === false) return { keys: [] };
    return { keys: ACCOUNT_KEYS.map((key) => ({ ...key, permissions: 'FULL' })) };
  },
  'microsoft.containerregistry/registries/listcredentials': () => ({ passwords: [] }),
  'microsoft.operationalinsights/workspaces/sharedkeys': () => ({
    primarySharedKey: 'cHJpbWFyeQ==',
    secondarySharedKey: 'c2Vjb25kYXJ5',
  }),
  'microsoft.app/containerapps/listsecrets': () => ({ value: [] }),
  'microsoft.app/jobs/listsecrets': () => ({ value: [] }),
  'microsoft.app/managedenvironments/listsecrets': () => ({}),
  'microsoft.web/sites/host/listkeys': () => ({
    masterKey: 'bWFzdGVy',
    functionKeys: { default: 'ZGVmYXVsdA==' },
    systemKeys: {},
  }),
  '*/checknameavailability': () => ({ nameAvailable: true }),
  '*/listkeys': () => ({ primaryKey: 'a2V5', secondaryKey: 'a2V5', keys: [] }),
};

/** What tells revisions of a container app apart, without their names and their scale. */
function revisionContent(template: Json): string {
  return JSON.stringify({ ...template, scale: undefined, revisionSuffix: undefined });
}
