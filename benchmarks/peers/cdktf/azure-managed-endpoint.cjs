// The resources that the construct makes for `azure-managed-endpoint`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { ApplicationInsights } = require('@cdktf/provider-azurerm/lib/application-insights');
const { ApplicationInsightsWorkbook } = require('@cdktf/provider-azurerm/lib/application-insights-workbook');
const { ContainerRegistry } = require('@cdktf/provider-azurerm/lib/container-registry');
const { DataAzurermClientConfig } = require('@cdktf/provider-azurerm/lib/data-azurerm-client-config');
const { KeyVault } = require('@cdktf/provider-azurerm/lib/key-vault');
const { LogAnalyticsWorkspace } = require('@cdktf/provider-azurerm/lib/log-analytics-workspace');
const { MachineLearningWorkspace } = require('@cdktf/provider-azurerm/lib/machine-learning-workspace');
const { MonitorDiagnosticSetting } = require('@cdktf/provider-azurerm/lib/monitor-diagnostic-setting');
const { MonitorMetricAlert } = require('@cdktf/provider-azurerm/lib/monitor-metric-alert');
const { AzurermProvider } = require('@cdktf/provider-azurerm/lib/provider');
const { ResourceGroup } = require('@cdktf/provider-azurerm/lib/resource-group');
const { RoleAssignment } = require('@cdktf/provider-azurerm/lib/role-assignment');
const { StorageAccount } = require('@cdktf/provider-azurerm/lib/storage-account');
const { StorageBlob } = require('@cdktf/provider-azurerm/lib/storage-blob');
const { StorageContainer } = require('@cdktf/provider-azurerm/lib/storage-container');
const { UserAssignedIdentity } = require('@cdktf/provider-azurerm/lib/user-assigned-identity');
const { Provider, Resource } = require('./generic.cjs');

module.exports = (app, { manifest, files, directory }) => {
  const digest = manifest.digest.slice(7);
  const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;
  const stack = new TerraformStack(app, 'azure-managed-endpoint');
  const azapiProvider = new Provider(stack, 'azapi', { name: 'azapi', source: 'Azure/azapi', version: '~> 2.7' }, {});
  new AzurermProvider(stack, 'azurerm', { features: [{}], storageUseAzuread: true });
  const timeProvider = new Provider(stack, 'time', { name: 'time', source: 'hashicorp/time', version: '~> 0.12' }, {});
  const modelshipAzureClient = new DataAzurermClientConfig(stack, 'modelshipAzureClient', {});
  const placementResourceGroup = new ResourceGroup(stack, 'placementResourceGroup', {
    location: 'westeurope',
    name: 'model-91be179c',
  });
  const telemetryLogs = new LogAnalyticsWorkspace(stack, 'telemetryLogs', {
    location: 'westeurope',
    name: 'model-91be179c',
    resourceGroupName: placementResourceGroup.name,
    retentionInDays: 90,
    sku: 'PerGB2018',
  });
  const telemetryInsights = new ApplicationInsights(stack, 'telemetryInsights', {
    applicationType: 'web',
    location: 'westeurope',
    name: 'model-91be179c',
    resourceGroupName: placementResourceGroup.name,
    workspaceId: telemetryLogs.id,
  });
  const workspaceRegistry = new ContainerRegistry(stack, 'workspaceRegistry', {
    adminEnabled: false,
    anonymousPullEnabled: false,
    location: 'westeurope',
    name: `modelworkspaceregistry${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-managed-endpoint/Model/Workspace/Registry'])), 0, 8)}`,
    resourceGroupName: placementResourceGroup.name,
    sku: 'Standard',
  });
  const workspaceVault = new KeyVault(stack, 'workspaceVault', {
    location: 'westeurope',
    name: `model-${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-managed-endpoint/Model'])), 0, 8)}`,
    purgeProtectionEnabled: true,
    rbacAuthorizationEnabled: true,
    resourceGroupName: placementResourceGroup.name,
    skuName: 'standard',
    softDeleteRetentionDays: 90,
    tenantId: modelshipAzureClient.tenantId,
  });
  const workspaceStorageAccount = new StorageAccount(stack, 'workspaceStorageAccount', {
    accountKind: 'StorageV2',
    accountReplicationType: 'ZRS',
    accountTier: 'Standard',
    allowNestedItemsToBePublic: false,
    allowedCopyScope: 'AAD',
    blobProperties: {
      containerDeleteRetentionPolicy: { days: 7 },
      deleteRetentionPolicy: { days: 7 },
      versioningEnabled: true,
    },
    crossTenantReplicationEnabled: false,
    defaultToOauthAuthentication: true,
    httpsTrafficOnlyEnabled: true,
    infrastructureEncryptionEnabled: true,
    localUserEnabled: false,
    location: 'westeurope',
    minTlsVersion: 'TLS1_2',
    name: `modelworkspace${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-managed-endpoint/Model/Workspace/Storage'])), 0, 8)}`,
    resourceGroupName: placementResourceGroup.name,
    sharedAccessKeyEnabled: true,
  });
  const workspace = new MachineLearningWorkspace(stack, 'workspace', {
    applicationInsightsId: telemetryInsights.id,
    containerRegistryId: workspaceRegistry.id,
    identity: { type: 'SystemAssigned' },
    keyVaultId: workspaceVault.id,
    location: 'westeurope',
    managedNetwork: { isolationMode: 'AllowInternetOutbound' },
    name: 'model-91be179c',
    publicNetworkAccessEnabled: true,
    resourceGroupName: placementResourceGroup.name,
    storageAccountId: workspaceStorageAccount.id,
  });
  const identity = new UserAssignedIdentity(stack, 'identity', {
    location: 'westeurope',
    name: 'model-91be179c',
    resourceGroupName: placementResourceGroup.name,
  });
  const modelStoreStorageAccount = new StorageAccount(stack, 'modelStoreStorageAccount', {
    accountKind: 'StorageV2',
    accountReplicationType: 'ZRS',
    accountTier: 'Standard',
    allowNestedItemsToBePublic: false,
    allowedCopyScope: 'AAD',
    blobProperties: {
      containerDeleteRetentionPolicy: { days: 7 },
      deleteRetentionPolicy: { days: 7 },
      versioningEnabled: true,
    },
    crossTenantReplicationEnabled: false,
    defaultToOauthAuthentication: true,
    httpsTrafficOnlyEnabled: true,
    infrastructureEncryptionEnabled: true,
    localUserEnabled: false,
    location: 'westeurope',
    minTlsVersion: 'TLS1_2',
    name: `modelmodelstor${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-managed-endpoint/Model/ModelStore/Storage'])), 0, 8)}`,
    resourceGroupName: placementResourceGroup.name,
    sharedAccessKeyEnabled: false,
  });
  const modelStoreContainer = new StorageContainer(stack, 'modelStoreContainer', {
    containerAccessType: 'private',
    name: 'models',
    storageAccountId: modelStoreStorageAccount.id,
  });
  const modelReader = new RoleAssignment(stack, 'modelReader', {
    principalId: identity.principalId,
    principalType: 'ServicePrincipal',
    roleDefinitionName: 'Storage Blob Data Reader',
    scope: modelStoreContainer.id,
    skipServicePrincipalAadCheck: true,
  });
  const rolesKnown = new Resource(
    stack,
    'rolesKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: modelReader.id } },
    { provider: timeProvider, dependsOn: [modelReader] },
  );
  const endpoint = new Resource(
    stack,
    'endpoint',
    'azapi_resource',
    {
      body: { properties: { authMode: 'AADToken', publicNetworkAccess: 'Enabled' } },
      identity: { identity_ids: [identity.id], type: 'UserAssigned' },
      location: workspace.location,
      name: `model-${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-managed-endpoint/Model'])), 0, 8)}`,
      parent_id: workspace.id,
      response_export_values: ['properties.scoringUri'],
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-06-01',
    },
    { provider: azapiProvider, dependsOn: [rolesKnown] },
  );
  const datastore = new Resource(
    stack,
    'datastore',
    'azapi_resource',
    {
      body: {
        properties: {
          accountName: modelStoreStorageAccount.name,
          containerName: modelStoreContainer.name,
          credentials: { credentialsType: 'None' },
          datastoreType: 'AzureBlob',
          serviceDataAccessAuthIdentity: 'None',
        },
      },
      name: 'model_91be179c',
      parent_id: workspace.id,
      type: 'Microsoft.MachineLearningServices/workspaces/datastores@2025-06-01',
    },
    { provider: azapiProvider },
  );
  const modelStoreUploader = new RoleAssignment(stack, 'modelStoreUploader', {
    principalId: modelshipAzureClient.objectId,
    roleDefinitionName: 'Storage Blob Data Contributor',
    scope: modelStoreContainer.id,
  });
  const modelStoreUploaderKnown = new Resource(
    stack,
    'modelStoreUploaderKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: modelStoreUploader.id } },
    { provider: timeProvider, dependsOn: [modelStoreUploader] },
  );
  const uploads = files.map((path) => {
    const asset = new TerraformAsset(stack, `asset-${path}`, {
      path: join(directory, path),
      type: AssetType.FILE,
      assetHash: createHash('sha256').update(path).digest('hex'),
    });
    return new StorageBlob(stack, `object-${path}`, {
      name: `${prefix}/${path}`,
      source: asset.path,
      storageAccountName: modelStoreStorageAccount.name,
      storageContainerName: modelStoreContainer.name,
      type: 'Block',
      dependsOn: [modelStoreUploaderKnown],
    });
  });
  const deploymentModel = new Resource(
    stack,
    'deploymentModel',
    'azapi_resource',
    {
      body: {
        properties: {
          description: 'iris version 1',
          modelType: 'custom_model',
          modelUri: `azureml://subscriptions/${modelshipAzureClient.subscriptionId}/resourceGroups/${workspace.resourceGroupName}/workspaces/${workspace.name}/datastores/model_91be179c/paths/${prefix}`,
          properties: { digest: manifest.digest },
        },
      },
      name: '1d360ba4dd0f1311',
      parent_id: `${workspace.id}/models/model-91be179c`,
      type: 'Microsoft.MachineLearningServices/workspaces/models/versions@2025-06-01',
    },
    {
      provider: azapiProvider,
      dependsOn: [...uploads, rolesKnown, datastore],
      lifecycle: { createBeforeDestroy: true },
    },
  );
  const environment = new Resource(
    stack,
    'environment',
    'azapi_resource',
    {
      body: {
        properties: {
          image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
          inferenceConfig: {
            livenessRoute: { path: '/v2/health/live', port: 8080 },
            readinessRoute: { path: '/v2/health/ready', port: 8080 },
            scoringRoute: { path: '/score', port: 8080 },
          },
          osType: 'Linux',
        },
      },
      name: '812e88821bdea478',
      parent_id: `${workspace.id}/environments/model-91be179c`,
      type: 'Microsoft.MachineLearningServices/workspaces/environments/versions@2025-06-01',
    },
    { provider: azapiProvider, lifecycle: { createBeforeDestroy: true } },
  );
  const deployment = new Resource(
    stack,
    'deployment',
    'azapi_resource',
    {
      body: {
        properties: {
          appInsightsEnabled: true,
          egressPublicNetworkAccess: 'Enabled',
          endpointComputeType: 'Managed',
          environmentId: environment.getStringAttribute('id'),
          environmentVariables: {
            MODELSHIP_MODEL: `/var/modelship/model-91be179c/1d360ba4dd0f1311/${digest}`,
            MODELSHIP_MODEL_DIGEST: manifest.digest,
            MODELSHIP_TIMEOUT_SECONDS: '60',
          },
          instanceType: 'Standard_DS2_v2',
          livenessProbe: {
            failureThreshold: 3,
            initialDelay: 'PT10S',
            period: 'PT10S',
            successThreshold: 1,
            timeout: 'PT2S',
          },
          model: deploymentModel.getStringAttribute('id'),
          modelMountPath: '/var/modelship',
          readinessProbe: {
            failureThreshold: 30,
            initialDelay: 'PT10S',
            period: 'PT10S',
            successThreshold: 1,
            timeout: 'PT2S',
          },
          requestSettings: { maxConcurrentRequestsPerInstance: 100, requestTimeout: 'PT60S' },
          scaleSettings: { scaleType: 'Default' },
        },
        sku: { capacity: 1, name: 'Default', tier: 'Standard' },
      },
      location: workspace.location,
      name: 'm-1d360ba4dd0f1311',
      parent_id: endpoint.getStringAttribute('id'),
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2025-06-01',
    },
    {
      provider: azapiProvider,
      dependsOn: [...uploads, rolesKnown, datastore],
      lifecycle: { createBeforeDestroy: true },
    },
  );
  const trafficMove = new Resource(
    stack,
    'trafficMove',
    'azapi_resource_action',
    {
      body: {
        identity: { type: 'UserAssigned', userAssignedIdentities: { [identity.id]: {} } },
        location: workspace.location,
        properties: {
          authMode: 'AADToken',
          mirrorTraffic: {},
          publicNetworkAccess: 'Enabled',
          traffic: { 'm-1d360ba4dd0f1311': 100 },
        },
      },
      method: 'PUT',
      resource_id: endpoint.getStringAttribute('id'),
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-06-01',
      when: 'apply',
    },
    { provider: azapiProvider, dependsOn: [deployment] },
  );
  new Resource(
    stack,
    'trafficStop',
    'azapi_resource_action',
    {
      body: {
        identity: { type: 'UserAssigned', userAssignedIdentities: { [identity.id]: {} } },
        location: workspace.location,
        properties: { authMode: 'AADToken', mirrorTraffic: {}, publicNetworkAccess: 'Enabled', traffic: {} },
      },
      method: 'PUT',
      resource_id: endpoint.getStringAttribute('id'),
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-06-01',
      when: 'destroy',
    },
    { provider: azapiProvider, dependsOn: [trafficMove] },
  );
  new ApplicationInsightsWorkbook(stack, 'telemetryWorkbook', {
    category: 'workbook',
    dataJson: JSON.stringify({
      version: 'Notebook/1.0',
      items: [
        {
          type: 10,
          name: 'metric-0',
          customWidth: '50',
          content: {
            chartId: 'chart-0',
            version: 'MetricsItem/2.0',
            size: 0,
            chartType: 2,
            title: 'Requests',
            resourceType: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
            metricScope: 0,
            resourceIds: [endpoint.getStringAttribute('id')],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
                metric: 'microsoft.machinelearningservices/workspaces/onlineendpoints--RequestsPerMinute',
                aggregation: 4,
              },
            ],
          },
        },
        {
          type: 10,
          name: 'metric-1',
          customWidth: '50',
          content: {
            chartId: 'chart-1',
            version: 'MetricsItem/2.0',
            size: 0,
            chartType: 2,
            title: 'Latency, 99th percentile',
            resourceType: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
            metricScope: 0,
            resourceIds: [endpoint.getStringAttribute('id')],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
                metric: 'microsoft.machinelearningservices/workspaces/onlineendpoints--RequestLatency_P99',
                aggregation: 4,
              },
            ],
          },
        },
        {
          type: 10,
          name: 'metric-2',
          customWidth: '50',
          content: {
            chartId: 'chart-2',
            version: 'MetricsItem/2.0',
            size: 0,
            chartType: 2,
            title: 'Connections',
            resourceType: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
            metricScope: 0,
            resourceIds: [endpoint.getStringAttribute('id')],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
                metric: 'microsoft.machinelearningservices/workspaces/onlineendpoints--ConnectionsActive',
                aggregation: 4,
              },
            ],
          },
        },
        {
          type: 10,
          name: 'metric-3',
          customWidth: '50',
          content: {
            chartId: 'chart-3',
            version: 'MetricsItem/2.0',
            size: 0,
            chartType: 2,
            title: 'Bytes from and to callers',
            resourceType: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
            metricScope: 0,
            resourceIds: [endpoint.getStringAttribute('id')],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.machinelearningservices/workspaces/onlineendpoints',
                metric: 'microsoft.machinelearningservices/workspaces/onlineendpoints--NetworkBytes',
                aggregation: 4,
              },
            ],
          },
        },
      ],
    }),
    displayName: 'azure-managed-endpoint/Model',
    location: 'westeurope',
    name: 'de4800b5-79b5-5562-9c9a-40b5d74eed1b',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorDiagnosticSetting(stack, 'logs', {
    enabledLog: [
      { category: 'AmlOnlineEndpointTrafficLog' },
      { category: 'AmlOnlineEndpointConsoleLog' },
      { category: 'AmlOnlineEndpointEventLog' },
    ],
    logAnalyticsWorkspaceId: telemetryLogs.id,
    name: 'modelship',
    targetResourceId: endpoint.getStringAttribute('id'),
  });
  new MonitorMetricAlert(stack, 'telemetryErrors', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        dimension: [{ name: 'statusCodeClass', operator: 'Include', values: ['5xx'] }],
        metricName: 'RequestsPerMinute',
        metricNamespace: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
        operator: 'GreaterThan',
        threshold: 1,
      },
    ],
    description: 'More than one request a minute failed with 5xx. The console log in Log Analytics says why.',
    frequency: 'PT1M',
    name: 'model-telemetry-de4800b5-errors',
    resourceGroupName: placementResourceGroup.name,
    scopes: [endpoint.getStringAttribute('id')],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetryLatency', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        metricName: 'RequestLatency_P99',
        metricNamespace: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
        operator: 'GreaterThan',
        threshold: 1000,
      },
    ],
    description: 'The slowest hundredth of the requests took more than a second.',
    frequency: 'PT1M',
    name: 'model-telemetry-de4800b5-latency',
    resourceGroupName: placementResourceGroup.name,
    scopes: [endpoint.getStringAttribute('id')],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetrySaturation', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        dimension: [{ name: 'statusCode', operator: 'Include', values: ['429'] }],
        metricName: 'RequestsPerMinute',
        metricNamespace: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
        operator: 'GreaterThan',
        threshold: 1,
      },
    ],
    description: 'Requests were rejected with 429. Raise maxReplicas, or maxConcurrency if processors idle.',
    frequency: 'PT1M',
    name: 'model-telemetry-de4800b5-saturation',
    resourceGroupName: placementResourceGroup.name,
    scopes: [endpoint.getStringAttribute('id')],
    severity: 2,
    windowSize: 'PT5M',
  });
};
