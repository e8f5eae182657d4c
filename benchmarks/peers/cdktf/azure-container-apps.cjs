// The resources that the construct makes for `azure-container-apps`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { ApplicationInsights } = require('@cdktf/provider-azurerm/lib/application-insights');
const { ApplicationInsightsWorkbook } = require('@cdktf/provider-azurerm/lib/application-insights-workbook');
const { ContainerApp } = require('@cdktf/provider-azurerm/lib/container-app');
const { ContainerAppEnvironment } = require('@cdktf/provider-azurerm/lib/container-app-environment');
const { DataAzurermClientConfig } = require('@cdktf/provider-azurerm/lib/data-azurerm-client-config');
const { LogAnalyticsWorkspace } = require('@cdktf/provider-azurerm/lib/log-analytics-workspace');
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
  const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;
  const stack = new TerraformStack(app, 'azure-container-apps');
  const azapiProvider = new Provider(stack, 'azapi', { name: 'azapi', source: 'Azure/azapi', version: '~> 2.7' }, {});
  const azureadProvider = new Provider(
    stack,
    'azuread',
    { name: 'azuread', source: 'hashicorp/azuread', version: '~> 3.0' },
    {},
  );
  new AzurermProvider(stack, 'azurerm', { features: [{}], storageUseAzuread: true });
  const timeProvider = new Provider(stack, 'time', { name: 'time', source: 'hashicorp/time', version: '~> 0.12' }, {});
  const modelshipAzureClient = new DataAzurermClientConfig(stack, 'modelshipAzureClient', {});
  const entraApplication = new Resource(
    stack,
    'entraApplication',
    'azuread_application',
    {
      api: [
        {
          oauth2_permission_scope: [
            {
              admin_consent_description: 'Ask the model in the name of a user who may',
              admin_consent_display_name: 'Invoke',
              enabled: true,
              id: 'da097e08-8153-5888-86b5-93d796fd333c',
              type: 'Admin',
              value: 'invoke',
            },
          ],
          requested_access_token_version: 2,
        },
      ],
      app_role: [
        {
          allowed_member_types: ['Application', 'User'],
          description: 'Ask the model',
          display_name: 'Invoke',
          enabled: true,
          id: '2c850cc5-a638-5a1c-b01d-a42ec400e2fe',
          value: 'Model.Invoke',
        },
      ],
      display_name: 'model-1ee99478',
      sign_in_audience: 'AzureADMyOrg',
    },
    { provider: azureadProvider },
  );
  const placementResourceGroup = new ResourceGroup(stack, 'placementResourceGroup', {
    location: 'westeurope',
    name: 'model-1ee99478',
  });
  const telemetryLogs = new LogAnalyticsWorkspace(stack, 'telemetryLogs', {
    location: 'westeurope',
    name: 'model-1ee99478',
    resourceGroupName: placementResourceGroup.name,
    retentionInDays: 90,
    sku: 'PerGB2018',
  });
  const telemetryInsights = new ApplicationInsights(stack, 'telemetryInsights', {
    applicationType: 'web',
    location: 'westeurope',
    name: 'model-1ee99478',
    resourceGroupName: placementResourceGroup.name,
    workspaceId: telemetryLogs.id,
  });
  const containerAppEnvironment = new ContainerAppEnvironment(stack, 'containerAppEnvironment', {
    location: 'westeurope',
    logsDestination: 'azure-monitor',
    name: 'model-1ee99478',
    resourceGroupName: placementResourceGroup.name,
    workloadProfile: [{ name: 'Consumption', workloadProfileType: 'Consumption' }],
  });
  const containerAppEnvironmentAgent = new Resource(
    stack,
    'containerAppEnvironmentAgent',
    'azapi_update_resource',
    {
      body: {
        properties: {
          appInsightsConfiguration: { connectionString: telemetryInsights.connectionString },
          openTelemetryConfiguration: { tracesConfiguration: { destinations: ['appInsights'] } },
        },
      },
      resource_id: containerAppEnvironment.id,
      type: 'Microsoft.App/managedEnvironments@2024-10-02-preview',
    },
    { provider: azapiProvider },
  );
  const containerAppModelStoreStorageAccount = new StorageAccount(stack, 'containerAppModelStoreStorageAccount', {
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
    name: `modelcontainer${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-container-apps/Model/ContainerApp/ModelStore/Storage'])), 0, 8)}`,
    resourceGroupName: placementResourceGroup.name,
    sharedAccessKeyEnabled: false,
  });
  const containerAppModelStoreContainer = new StorageContainer(stack, 'containerAppModelStoreContainer', {
    containerAccessType: 'private',
    name: 'models',
    storageAccountId: containerAppModelStoreStorageAccount.id,
  });
  const containerAppModelStoreUploader = new RoleAssignment(stack, 'containerAppModelStoreUploader', {
    principalId: modelshipAzureClient.objectId,
    roleDefinitionName: 'Storage Blob Data Contributor',
    scope: containerAppModelStoreContainer.id,
  });
  const containerAppModelStoreUploaderKnown = new Resource(
    stack,
    'containerAppModelStoreUploaderKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: containerAppModelStoreUploader.id } },
    { provider: timeProvider, dependsOn: [containerAppModelStoreUploader] },
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
      storageAccountName: containerAppModelStoreStorageAccount.name,
      storageContainerName: containerAppModelStoreContainer.name,
      type: 'Block',
      dependsOn: [containerAppModelStoreUploaderKnown],
    });
  });
  const containerAppIdentity = new UserAssignedIdentity(stack, 'containerAppIdentity', {
    location: 'westeurope',
    name: 'model-1ee99478',
    resourceGroupName: placementResourceGroup.name,
  });
  const containerAppModelReader = new RoleAssignment(stack, 'containerAppModelReader', {
    principalId: containerAppIdentity.principalId,
    principalType: 'ServicePrincipal',
    roleDefinitionName: 'Storage Blob Data Reader',
    scope: containerAppModelStoreContainer.id,
    skipServicePrincipalAadCheck: true,
  });
  const containerAppRolesKnown = new Resource(
    stack,
    'containerAppRolesKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: containerAppModelReader.id } },
    { provider: timeProvider, dependsOn: [containerAppModelReader] },
  );
  const containerApp = new ContainerApp(stack, 'containerApp', {
    containerAppEnvironmentId: containerAppEnvironment.id,
    identity: { identityIds: [containerAppIdentity.id], type: 'UserAssigned' },
    ingress: {
      allowInsecureConnections: false,
      externalEnabled: true,
      targetPort: 8080,
      trafficWeight: [{ latestRevision: true, percentage: 100 }],
      transport: 'auto',
    },
    name: 'model-1ee99478',
    resourceGroupName: placementResourceGroup.name,
    revisionMode: 'Single',
    template: {
      container: [
        {
          cpu: 1,
          env: [
            { name: 'OTEL_SERVICE_NAME', value: 'iris' },
            {
              name: 'MODELSHIP_MODEL',
              value: `${containerAppModelStoreStorageAccount.primaryBlobEndpoint}models/${prefix}/`,
            },
            { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
            { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
            { name: 'AZURE_CLIENT_ID', value: containerAppIdentity.clientId },
          ],
          image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
          livenessProbe: [
            {
              failureCountThreshold: 10,
              intervalSeconds: 10,
              path: '/v2/health/live',
              port: 8080,
              timeout: 5,
              transport: 'HTTP',
            },
          ],
          memory: '2Gi',
          name: 'runtime',
          readinessProbe: [
            {
              failureCountThreshold: 3,
              intervalSeconds: 1,
              path: '/v2/health/ready',
              port: 8080,
              successCountThreshold: 1,
              timeout: 5,
              transport: 'HTTP',
            },
          ],
          startupProbe: [
            {
              failureCountThreshold: 10,
              intervalSeconds: 1,
              path: '/v2/health/live',
              port: 8080,
              timeout: 5,
              transport: 'HTTP',
            },
          ],
        },
      ],
      httpScaleRule: [{ concurrentRequests: '50', name: 'http' }],
      maxReplicas: 10,
      minReplicas: 0,
      revisionSuffix: 'm7bfb938a',
      terminationGracePeriodSeconds: 18,
    },
    workloadProfileName: 'Consumption',
    dependsOn: [...uploads, containerAppRolesKnown, containerAppEnvironmentAgent],
  });
  new Resource(
    stack,
    'containerAppAuthConfig',
    'azapi_resource',
    {
      body: {
        properties: {
          globalValidation: { unauthenticatedClientAction: 'Return401' },
          identityProviders: {
            azureActiveDirectory: {
              enabled: true,
              registration: {
                clientId: entraApplication.interpolationForAttribute('client_id'),
                openIdIssuer: `https://login.microsoftonline.com/${modelshipAzureClient.tenantId}/v2.0`,
              },
              validation: { allowedAudiences: [entraApplication.interpolationForAttribute('client_id')] },
            },
          },
          platform: { enabled: true },
        },
      },
      name: 'current',
      parent_id: containerApp.id,
      type: 'Microsoft.App/containerApps/authConfigs@2024-03-01',
    },
    { provider: azapiProvider },
  );
  new Resource(
    stack,
    'entraApplicationAzureCli',
    'azuread_application_pre_authorized',
    {
      application_id: entraApplication.getStringAttribute('id'),
      authorized_client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      permission_ids: ['da097e08-8153-5888-86b5-93d796fd333c'],
    },
    { provider: azureadProvider },
  );
  new Resource(
    stack,
    'entraApplicationServicePrincipal',
    'azuread_service_principal',
    { app_role_assignment_required: true, client_id: entraApplication.interpolationForAttribute('client_id') },
    { provider: azureadProvider },
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
            resourceType: 'microsoft.app/containerapps',
            metricScope: 0,
            resourceIds: [containerApp.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.app/containerapps',
                metric: 'microsoft.app/containerapps--Requests',
                aggregation: 1,
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
            title: 'Response time in milliseconds',
            resourceType: 'microsoft.app/containerapps',
            metricScope: 0,
            resourceIds: [containerApp.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.app/containerapps',
                metric: 'microsoft.app/containerapps--ResponseTime',
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
            title: 'Replicas',
            resourceType: 'microsoft.app/containerapps',
            metricScope: 0,
            resourceIds: [containerApp.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.app/containerapps',
                metric: 'microsoft.app/containerapps--Replicas',
                aggregation: 3,
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
            title: 'Restarts',
            resourceType: 'microsoft.app/containerapps',
            metricScope: 0,
            resourceIds: [containerApp.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.app/containerapps',
                metric: 'microsoft.app/containerapps--RestartCount',
                aggregation: 3,
              },
            ],
          },
        },
      ],
    }),
    displayName: 'azure-container-apps/Model',
    location: 'westeurope',
    name: 'f6d9468b-2b33-5342-910f-11abcb9eb2f3',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorDiagnosticSetting(stack, 'containerAppEnvironmentLogs', {
    enabledLog: [{ category: 'ContainerAppConsoleLogs' }, { category: 'ContainerAppSystemLogs' }],
    logAnalyticsWorkspaceId: telemetryLogs.id,
    name: 'modelship',
    targetResourceId: containerAppEnvironment.id,
  });
  new MonitorMetricAlert(stack, 'telemetryErrors', {
    action: [],
    criteria: [
      {
        aggregation: 'Total',
        dimension: [{ name: 'statusCodeCategory', operator: 'Include', values: ['5xx'] }],
        metricName: 'Requests',
        metricNamespace: 'Microsoft.App/containerApps',
        operator: 'GreaterThan',
        threshold: 5,
      },
    ],
    description: 'More than five requests failed with 5xx. The console log in Log Analytics says why.',
    frequency: 'PT1M',
    name: 'model-telemetry-f6d9468b-errors',
    resourceGroupName: placementResourceGroup.name,
    scopes: [containerApp.id],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetryLatency', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        metricName: 'ResponseTime',
        metricNamespace: 'Microsoft.App/containerApps',
        operator: 'GreaterThan',
        threshold: 1000,
      },
    ],
    description: 'Requests took more than a second.',
    frequency: 'PT1M',
    name: 'model-telemetry-f6d9468b-latency',
    resourceGroupName: placementResourceGroup.name,
    scopes: [containerApp.id],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetrySaturation', {
    action: [],
    criteria: [
      {
        aggregation: 'Total',
        dimension: [{ name: 'statusCode', operator: 'Include', values: ['429', '503'] }],
        metricName: 'Requests',
        metricNamespace: 'Microsoft.App/containerApps',
        operator: 'GreaterThan',
        threshold: 5,
      },
    ],
    description: 'Requests were rejected because every replica was full. Raise maxReplicas.',
    frequency: 'PT1M',
    name: 'model-telemetry-f6d9468b-saturation',
    resourceGroupName: placementResourceGroup.name,
    scopes: [containerApp.id],
    severity: 2,
    windowSize: 'PT5M',
  });
};
