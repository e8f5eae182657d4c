// The resources that the construct makes for `azure-functions`, written by hand.
const { AssetType, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { ApplicationInsights } = require('@cdktf/provider-azurerm/lib/application-insights');
const { ApplicationInsightsWorkbook } = require('@cdktf/provider-azurerm/lib/application-insights-workbook');
const { DataAzurermClientConfig } = require('@cdktf/provider-azurerm/lib/data-azurerm-client-config');
const { LogAnalyticsWorkspace } = require('@cdktf/provider-azurerm/lib/log-analytics-workspace');
const { MonitorMetricAlert } = require('@cdktf/provider-azurerm/lib/monitor-metric-alert');
const { AzurermProvider } = require('@cdktf/provider-azurerm/lib/provider');
const { ResourceGroup } = require('@cdktf/provider-azurerm/lib/resource-group');
const { RoleAssignment } = require('@cdktf/provider-azurerm/lib/role-assignment');
const { ServicePlan } = require('@cdktf/provider-azurerm/lib/service-plan');
const { StorageAccount } = require('@cdktf/provider-azurerm/lib/storage-account');
const { StorageBlob } = require('@cdktf/provider-azurerm/lib/storage-blob');
const { StorageContainer } = require('@cdktf/provider-azurerm/lib/storage-container');
const { UserAssignedIdentity } = require('@cdktf/provider-azurerm/lib/user-assigned-identity');
const { Provider, Resource } = require('./generic.cjs');

module.exports = (app, { manifest, folder, folderDigest }) => {
  const stack = new TerraformStack(app, 'azure-functions');
  const azureadProvider = new Provider(
    stack,
    'azuread',
    { name: 'azuread', source: 'hashicorp/azuread', version: '~> 3.0' },
    {},
  );
  new AzurermProvider(stack, 'azurerm', { features: [{}], storageUseAzuread: true });
  const azapiProvider = new Provider(stack, 'azapi', { name: 'azapi', source: 'Azure/azapi', version: '~> 2.7' }, {});
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
              id: '8521595b-eac7-5bef-aa63-9d770aba79e5',
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
          id: '459d4e81-df4f-5d21-92fb-49254687188a',
          value: 'Model.Invoke',
        },
      ],
      display_name: 'model-12deca68',
      sign_in_audience: 'AzureADMyOrg',
    },
    { provider: azureadProvider },
  );
  new Resource(
    stack,
    'entraApplicationAzureCli',
    'azuread_application_pre_authorized',
    {
      application_id: entraApplication.getStringAttribute('id'),
      authorized_client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      permission_ids: ['8521595b-eac7-5bef-aa63-9d770aba79e5'],
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
  const placementResourceGroup = new ResourceGroup(stack, 'placementResourceGroup', {
    location: 'westeurope',
    name: 'model-12deca68',
  });
  const telemetryLogs = new LogAnalyticsWorkspace(stack, 'telemetryLogs', {
    location: 'westeurope',
    name: 'model-12deca68',
    resourceGroupName: placementResourceGroup.name,
    retentionInDays: 90,
    sku: 'PerGB2018',
  });
  const telemetryInsights = new ApplicationInsights(stack, 'telemetryInsights', {
    applicationType: 'web',
    location: 'westeurope',
    name: 'model-12deca68',
    resourceGroupName: placementResourceGroup.name,
    workspaceId: telemetryLogs.id,
  });
  const functionsPlan = new ServicePlan(stack, 'functionsPlan', {
    location: 'westeurope',
    name: 'model-12deca68',
    osType: 'Linux',
    resourceGroupName: placementResourceGroup.name,
    skuName: 'FC1',
  });
  const functionsStorageAccount = new StorageAccount(stack, 'functionsStorageAccount', {
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
    name: `modelfunctions${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-functions/Model/Functions/Storage'])), 0, 8)}`,
    resourceGroupName: placementResourceGroup.name,
    sharedAccessKeyEnabled: false,
  });
  const functionsPackage = new StorageContainer(stack, 'functionsPackage', {
    containerAccessType: 'private',
    name: 'package-ec8be4d078b55b3d9fd26f6e3fdf842d',
    storageAccountId: functionsStorageAccount.id,
    lifecycle: { createBeforeDestroy: true },
  });
  const functionsUploader = new RoleAssignment(stack, 'functionsUploader', {
    principalId: modelshipAzureClient.objectId,
    roleDefinitionName: 'Storage Blob Data Contributor',
    scope: functionsStorageAccount.id,
  });
  const functionsUploaderKnown = new Resource(
    stack,
    'functionsUploaderKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: functionsUploader.id } },
    { provider: timeProvider, dependsOn: [functionsUploader] },
  );
  const functionsPackageBlob = new StorageBlob(stack, 'functionsPackageBlob', {
    name: 'released-package.zip',
    source: new TerraformAsset(stack, 'package', { path: folder, type: AssetType.ARCHIVE, assetHash: folderDigest })
      .path,
    storageAccountName: functionsStorageAccount.name,
    storageContainerName: functionsPackage.name,
    type: 'Block',
    dependsOn: [functionsUploaderKnown],
    lifecycle: { createBeforeDestroy: true },
  });
  const functionsIdentity = new UserAssignedIdentity(stack, 'functionsIdentity', {
    location: 'westeurope',
    name: 'model-12deca68',
    resourceGroupName: placementResourceGroup.name,
  });
  const functionsHostStorage = new RoleAssignment(stack, 'functionsHostStorage', {
    principalId: functionsIdentity.principalId,
    principalType: 'ServicePrincipal',
    roleDefinitionName: 'Storage Blob Data Owner',
    scope: functionsStorageAccount.id,
    skipServicePrincipalAadCheck: true,
  });
  const functionsTraces = new RoleAssignment(stack, 'functionsTraces', {
    principalId: functionsIdentity.principalId,
    principalType: 'ServicePrincipal',
    roleDefinitionName: 'Monitoring Metrics Publisher',
    scope: telemetryInsights.id,
    skipServicePrincipalAadCheck: true,
  });
  const functionsRolesKnown = new Resource(
    stack,
    'functionsRolesKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: functionsHostStorage.id, 1: functionsTraces.id } },
    { provider: timeProvider, dependsOn: [functionsHostStorage, functionsTraces] },
  );
  const setting = (name, value) => ({ name, value });
  const clientId = entraApplication.interpolationForAttribute('client_id');
  const issuer = `https://login.microsoftonline.com/${modelshipAzureClient.tenantId}/v2.0`;
  const functions = new Resource(
    stack,
    'functions',
    'azapi_resource',
    {
      body: {
        kind: 'functionapp,linux',
        properties: {
          functionAppConfig: {
            deployment: {
              storage: {
                authentication: {
                  type: 'UserAssignedIdentity',
                  userAssignedIdentityResourceId: functionsIdentity.id,
                },
                type: 'blobContainer',
                value: `${functionsStorageAccount.primaryBlobEndpoint}${functionsPackage.name}`,
              },
            },
            runtime: { name: 'node', version: '22' },
            scaleAndConcurrency: {
              instanceMemoryMB: 2048,
              maximumInstanceCount: 100,
              triggers: { http: { perInstanceConcurrency: 32 } },
            },
          },
          httpsOnly: true,
          serverFarmId: functionsPlan.id,
          siteConfig: {
            appSettings: [
              setting('MODELSHIP_MODEL', 'model'),
              setting('MODELSHIP_MODEL_DIGEST', manifest.digest),
              setting('MODELSHIP_TIMEOUT_SECONDS', '60'),
              setting('MODELSHIP_JWT_ISSUER', issuer),
              setting('MODELSHIP_JWT_AUDIENCE', clientId),
              setting('AzureWebJobsStorage__accountName', functionsStorageAccount.name),
              setting('AzureWebJobsStorage__credential', 'managedidentity'),
              setting('AzureWebJobsStorage__clientId', functionsIdentity.clientId),
              setting('APPLICATIONINSIGHTS_CONNECTION_STRING', telemetryInsights.connectionString),
              setting(
                'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
                `ClientId=${functionsIdentity.clientId};Authorization=AAD`,
              ),
              setting('AzureWebJobsDisableHomepage', 'true'),
            ],
            http20Enabled: true,
            minTlsVersion: '1.2',
            scmMinTlsVersion: '1.2',
          },
        },
      },
      delete_query_parameters: { deleteEmptyServerFarm: ['false'] },
      identity: { identity_ids: [functionsIdentity.id], type: 'UserAssigned' },
      location: 'westeurope',
      name: `model-${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'westeurope', 'azure-functions/Model'])), 0, 8)}`,
      parent_id: placementResourceGroup.id,
      response_export_values: ['properties.defaultHostName'],
      type: 'Microsoft.Web/sites@2024-11-01',
    },
    { provider: azapiProvider, dependsOn: [functionsPackageBlob, functionsRolesKnown] },
  );
  const functionsId = functions.interpolationForAttribute('id');
  new Resource(
    stack,
    'functionsAuth',
    'azapi_update_resource',
    {
      body: {
        properties: {
          globalValidation: { requireAuthentication: true, unauthenticatedClientAction: 'Return401' },
          httpSettings: { requireHttps: true },
          identityProviders: {
            azureActiveDirectory: {
              enabled: true,
              registration: { clientId, openIdIssuer: issuer },
              validation: { allowedAudiences: [clientId] },
            },
          },
          login: { tokenStore: { enabled: false } },
          platform: { enabled: true },
        },
      },
      name: 'authsettingsV2',
      parent_id: functionsId,
      type: 'Microsoft.Web/sites/config@2024-11-01',
    },
    { provider: azapiProvider },
  );
  new Resource(
    stack,
    'functionsPublishing',
    'azapi_update_resource',
    {
      body: { properties: { allow: false } },
      name: 'scm',
      parent_id: functionsId,
      type: 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01',
    },
    { provider: azapiProvider },
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
            resourceType: 'microsoft.web/sites',
            metricScope: 0,
            resourceIds: [functionsId],
            timeContext: { durationMs: 86400000 },
            metrics: [{ namespace: 'microsoft.web/sites', metric: 'microsoft.web/sites--Requests', aggregation: 1 }],
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
            title: 'Errors of the server',
            resourceType: 'microsoft.web/sites',
            metricScope: 0,
            resourceIds: [functionsId],
            timeContext: { durationMs: 86400000 },
            metrics: [{ namespace: 'microsoft.web/sites', metric: 'microsoft.web/sites--Http5xx', aggregation: 1 }],
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
            title: 'Response time in seconds',
            resourceType: 'microsoft.web/sites',
            metricScope: 0,
            resourceIds: [functionsId],
            timeContext: { durationMs: 86400000 },
            metrics: [
              { namespace: 'microsoft.web/sites', metric: 'microsoft.web/sites--HttpResponseTime', aggregation: 4 },
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
            title: 'Memory of an instance in bytes',
            resourceType: 'microsoft.web/sites',
            metricScope: 0,
            resourceIds: [functionsId],
            timeContext: { durationMs: 86400000 },
            metrics: [
              { namespace: 'microsoft.web/sites', metric: 'microsoft.web/sites--MemoryWorkingSet', aggregation: 4 },
            ],
          },
        },
      ],
    }),
    displayName: 'azure-functions/Model',
    location: 'westeurope',
    name: '5c7b3eb9-cbde-5714-a251-87753e05adef',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorMetricAlert(stack, 'telemetryErrors', {
    action: [],
    criteria: [
      {
        aggregation: 'Total',
        metricName: 'Http5xx',
        metricNamespace: 'Microsoft.Web/sites',
        operator: 'GreaterThan',
        threshold: 5,
      },
    ],
    description: 'More than five requests failed with 5xx. Application Insights says why.',
    frequency: 'PT1M',
    name: 'model-telemetry-5c7b3eb9-errors',
    resourceGroupName: placementResourceGroup.name,
    scopes: [functionsId],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetryLatency', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        metricName: 'HttpResponseTime',
        metricNamespace: 'Microsoft.Web/sites',
        operator: 'GreaterThan',
        threshold: 1,
      },
    ],
    description: 'Requests took more than a second.',
    frequency: 'PT1M',
    name: 'model-telemetry-5c7b3eb9-latency',
    resourceGroupName: placementResourceGroup.name,
    scopes: [functionsId],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetrySaturation', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        metricName: 'MemoryWorkingSet',
        metricNamespace: 'Microsoft.Web/sites',
        operator: 'GreaterThan',
        threshold: 1932735283,
      },
    ],
    description: 'Instances are nearly out of memory. Give them more, or fewer requests at once.',
    frequency: 'PT1M',
    name: 'model-telemetry-5c7b3eb9-saturation',
    resourceGroupName: placementResourceGroup.name,
    scopes: [functionsId],
    severity: 2,
    windowSize: 'PT5M',
  });
};
