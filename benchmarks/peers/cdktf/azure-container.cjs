// The resources that the construct makes for `azure-container`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { ApplicationInsights } = require('@cdktf/provider-azurerm/lib/application-insights');
const { ApplicationInsightsWorkbook } = require('@cdktf/provider-azurerm/lib/application-insights-workbook');
const { DataAzurermClientConfig } = require('@cdktf/provider-azurerm/lib/data-azurerm-client-config');
const { FederatedIdentityCredential } = require('@cdktf/provider-azurerm/lib/federated-identity-credential');
const { KubernetesCluster } = require('@cdktf/provider-azurerm/lib/kubernetes-cluster');
const { KubernetesClusterNodePool } = require('@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool');
const { LogAnalyticsWorkspace } = require('@cdktf/provider-azurerm/lib/log-analytics-workspace');
const { MonitorAlertPrometheusRuleGroup } = require('@cdktf/provider-azurerm/lib/monitor-alert-prometheus-rule-group');
const { MonitorDataCollectionEndpoint } = require('@cdktf/provider-azurerm/lib/monitor-data-collection-endpoint');
const { MonitorDataCollectionRule } = require('@cdktf/provider-azurerm/lib/monitor-data-collection-rule');
const {
  MonitorDataCollectionRuleAssociation,
} = require('@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association');
const { MonitorMetricAlert } = require('@cdktf/provider-azurerm/lib/monitor-metric-alert');
const { MonitorWorkspace } = require('@cdktf/provider-azurerm/lib/monitor-workspace');
const { AzurermProvider } = require('@cdktf/provider-azurerm/lib/provider');
const { ResourceGroup } = require('@cdktf/provider-azurerm/lib/resource-group');
const { RoleAssignment } = require('@cdktf/provider-azurerm/lib/role-assignment');
const { StorageAccount } = require('@cdktf/provider-azurerm/lib/storage-account');
const { StorageBlob } = require('@cdktf/provider-azurerm/lib/storage-blob');
const { StorageContainer } = require('@cdktf/provider-azurerm/lib/storage-container');
const { UserAssignedIdentity } = require('@cdktf/provider-azurerm/lib/user-assigned-identity');
const { ConfigMapV1 } = require('@cdktf/provider-kubernetes/lib/config-map-v1');
const { DeploymentV1 } = require('@cdktf/provider-kubernetes/lib/deployment-v1');
const { HorizontalPodAutoscalerV2 } = require('@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2');
const { NamespaceV1 } = require('@cdktf/provider-kubernetes/lib/namespace-v1');
const { NetworkPolicyV1 } = require('@cdktf/provider-kubernetes/lib/network-policy-v1');
const { PodDisruptionBudgetV1 } = require('@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1');
const { KubernetesProvider } = require('@cdktf/provider-kubernetes/lib/provider');
const { ServiceAccountV1 } = require('@cdktf/provider-kubernetes/lib/service-account-v1');
const { ServiceV1 } = require('@cdktf/provider-kubernetes/lib/service-v1');
const { Provider, Resource } = require('./generic.cjs');

module.exports = (app, { manifest, files, directory }) => {
  const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;
  const stack = new TerraformStack(app, 'azure-container');
  const azureadProvider = new Provider(
    stack,
    'azuread',
    { name: 'azuread', source: 'hashicorp/azuread', version: '~> 3.0' },
    {},
  );
  new AzurermProvider(stack, 'azurerm', { features: [{}], storageUseAzuread: true });
  const modelshipAzureClient = new DataAzurermClientConfig(stack, 'modelshipAzureClient', {});
  const placementResourceGroup = new ResourceGroup(stack, 'placementResourceGroup', {
    location: 'westeurope',
    name: 'model-bc84a6a1',
  });
  const telemetryLogs = new LogAnalyticsWorkspace(stack, 'telemetryLogs', {
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
    retentionInDays: 90,
    sku: 'PerGB2018',
  });
  const clusterIdentity = new UserAssignedIdentity(stack, 'clusterIdentity', {
    location: 'westeurope',
    name: 'model-bc84a6a1-cluster',
    resourceGroupName: placementResourceGroup.name,
  });
  const cluster = new KubernetesCluster(stack, 'cluster', {
    automaticUpgradeChannel: 'patch',
    azureActiveDirectoryRoleBasedAccessControl: { azureRbacEnabled: true, tenantId: modelshipAzureClient.tenantId },
    azurePolicyEnabled: true,
    defaultNodePool: {
      autoScalingEnabled: true,
      maxCount: 3,
      minCount: 1,
      name: 'system',
      onlyCriticalAddonsEnabled: true,
      osSku: 'AzureLinux',
      temporaryNameForRotation: 'systemtmp',
      upgradeSettings: { maxSurge: '33%' },
      vmSize: 'Standard_D2s_v5',
    },
    dnsPrefix: 'model-bc84a6a1',
    identity: { identityIds: [clusterIdentity.id], type: 'UserAssigned' },
    imageCleanerEnabled: true,
    imageCleanerIntervalHours: 168,
    localAccountDisabled: true,
    location: 'westeurope',
    monitorMetrics: {},
    name: 'model-bc84a6a1',
    networkProfile: {
      loadBalancerSku: 'standard',
      networkDataPlane: 'cilium',
      networkPlugin: 'azure',
      networkPluginMode: 'overlay',
      networkPolicy: 'cilium',
    },
    nodeOsUpgradeChannel: 'NodeImage',
    oidcIssuerEnabled: true,
    omsAgent: { logAnalyticsWorkspaceId: telemetryLogs.id, msiAuthForMonitoringEnabled: true },
    privateClusterEnabled: false,
    resourceGroupName: placementResourceGroup.name,
    roleBasedAccessControlEnabled: true,
    skuTier: 'Standard',
    storageProfile: { blobDriverEnabled: true },
    workloadAutoscalerProfile: { kedaEnabled: true },
    workloadIdentityEnabled: true,
  });
  const kubernetesProvider = new KubernetesProvider(stack, 'kubernetes', {
    alias: 'aks-b131fcb0',
    clusterCaCertificate: Fn.base64decode(cluster.kubeConfig.get(0).clusterCaCertificate),
    exec: [
      {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        args: ['get-token', '--login', 'azurecli', '--server-id', '6dae42f8-4368-4678-94ff-3960e28e3630'],
        command: 'kubelogin',
      },
    ],
    host: cluster.kubeConfig.get(0).host,
  });
  const timeProvider = new Provider(stack, 'time', { name: 'time', source: 'hashicorp/time', version: '~> 0.12' }, {});
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
              id: '7447f315-39c7-5e1c-9b46-489ff2f52fab',
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
          id: '5fffc3e7-1632-5f25-8b31-16586f3ad35b',
          value: 'Model.Invoke',
        },
      ],
      display_name: 'model-bc84a6a1',
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
      permission_ids: ['7447f315-39c7-5e1c-9b46-489ff2f52fab'],
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
  new ApplicationInsights(stack, 'telemetryInsights', {
    applicationType: 'web',
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
    workspaceId: telemetryLogs.id,
  });
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
            title: 'Processors of the nodes in percent',
            resourceType: 'microsoft.containerservice/managedclusters',
            metricScope: 0,
            resourceIds: [cluster.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.containerservice/managedclusters',
                metric: 'microsoft.containerservice/managedclusters--node_cpu_usage_percentage',
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
            title: 'Memory of the nodes in percent',
            resourceType: 'microsoft.containerservice/managedclusters',
            metricScope: 0,
            resourceIds: [cluster.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.containerservice/managedclusters',
                metric: 'microsoft.containerservice/managedclusters--node_memory_working_set_percentage',
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
            title: 'Pods by phase',
            resourceType: 'microsoft.containerservice/managedclusters',
            metricScope: 0,
            resourceIds: [cluster.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.containerservice/managedclusters',
                metric: 'microsoft.containerservice/managedclusters--kube_pod_status_phase',
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
            title: 'Pods that are ready',
            resourceType: 'microsoft.containerservice/managedclusters',
            metricScope: 0,
            resourceIds: [cluster.id],
            timeContext: { durationMs: 86400000 },
            metrics: [
              {
                namespace: 'microsoft.containerservice/managedclusters',
                metric: 'microsoft.containerservice/managedclusters--kube_pod_status_ready',
                aggregation: 4,
              },
            ],
          },
        },
      ],
    }),
    displayName: 'azure-container/Model',
    location: 'westeurope',
    name: '4e3956ad-4172-5fd2-8e62-b001c985bea3',
    resourceGroupName: placementResourceGroup.name,
  });
  const identity = new UserAssignedIdentity(stack, 'identity', {
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
  });
  const federation = new FederatedIdentityCredential(stack, 'federation', {
    audience: ['api://AzureADTokenExchange'],
    issuer: cluster.oidcIssuerUrl,
    name: 'model-bc84a6a1',
    parentId: identity.id,
    resourceGroupName: placementResourceGroup.name,
    subject: 'system:serviceaccount:model-bc84a6a1:model-bc84a6a1',
  });
  const clusterPool = new KubernetesClusterNodePool(stack, 'clusterPool', {
    autoScalingEnabled: true,
    kubernetesClusterId: cluster.id,
    maxCount: 3,
    minCount: 1,
    mode: 'User',
    name: 'models',
    nodeLabels: { 'modelship.dev/pool': 'models' },
    nodeTaints: [],
    osSku: 'AzureLinux',
    temporaryNameForRotation: 'modelstmp',
    vmSize: 'Standard_D4s_v5',
  });
  const containerLogsRule = new MonitorDataCollectionRule(stack, 'containerLogsRule', {
    dataFlow: [{ destinations: ['logs'], streams: ['Microsoft-ContainerInsights-Group-Default'] }],
    dataSources: {
      extension: [
        {
          extensionJson: JSON.stringify({
            dataCollectionSettings: { interval: '1m', namespaceFilteringMode: 'Off', enableContainerLogV2: true },
          }),
          extensionName: 'ContainerInsights',
          name: 'ContainerInsightsExtension',
          streams: ['Microsoft-ContainerInsights-Group-Default'],
        },
      ],
    },
    destinations: { logAnalytics: [{ name: 'logs', workspaceResourceId: telemetryLogs.id }] },
    kind: 'Linux',
    location: 'westeurope',
    name: 'model-container-logs-50b8fc95',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorDataCollectionRuleAssociation(stack, 'containerLogsAssociation', {
    dataCollectionRuleId: containerLogsRule.id,
    name: 'ContainerInsightsExtension',
    targetResourceId: cluster.id,
  });
  const metricsWorkspace = new MonitorWorkspace(stack, 'metricsWorkspace', {
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorAlertPrometheusRuleGroup(stack, 'metricsAlerts', {
    clusterName: cluster.name,
    interval: 'PT1M',
    location: 'westeurope',
    name: 'model-metrics-3cdbd4b2',
    resourceGroupName: placementResourceGroup.name,
    rule: [
      {
        alert: 'Latency',
        alertResolution: { autoResolved: true, timeToResolve: 'PT10M' },
        annotations: {
          description:
            'One request in a hundred takes more than half of the time limit. Raise maxReplicas, or give more CPU.',
        },
        enabled: true,
        expression: 'histogram_quantile(0.99, sum by (le) (rate(modelship_request_seconds_bucket[5m]))) > 30',
        for: 'PT5M',
        severity: 2,
      },
      {
        alert: 'Failures',
        alertResolution: { autoResolved: true, timeToResolve: 'PT10M' },
        annotations: {
          description: 'More than 5 % of the requests got a 5xx. Container insights has the logs of the pods.',
        },
        enabled: true,
        expression:
          'sum(rate(modelship_requests_total{status=~"5.."}[5m])) / sum(rate(modelship_requests_total[5m])) > 0.05',
        for: 'PT5M',
        severity: 2,
      },
    ],
    ruleGroupEnabled: true,
    scopes: [metricsWorkspace.id],
  });
  const metricsEndpoint = new MonitorDataCollectionEndpoint(stack, 'metricsEndpoint', {
    kind: 'Linux',
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
  });
  const metricsRule = new MonitorDataCollectionRule(stack, 'metricsRule', {
    dataCollectionEndpointId: metricsEndpoint.id,
    dataFlow: [{ destinations: ['workspace'], streams: ['Microsoft-PrometheusMetrics'] }],
    dataSources: { prometheusForwarder: [{ name: 'prometheus', streams: ['Microsoft-PrometheusMetrics'] }] },
    destinations: { monitorAccount: [{ monitorAccountId: metricsWorkspace.id, name: 'workspace' }] },
    kind: 'Linux',
    location: 'westeurope',
    name: 'model-bc84a6a1',
    resourceGroupName: placementResourceGroup.name,
  });
  new MonitorDataCollectionRuleAssociation(stack, 'metricsAssociation', {
    dataCollectionRuleId: metricsRule.id,
    name: 'model-bc84a6a1',
    targetResourceId: cluster.id,
  });
  new MonitorMetricAlert(stack, 'telemetryErrors', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        dimension: [{ name: 'phase', operator: 'Include', values: ['Failed'] }],
        metricName: 'kube_pod_status_phase',
        metricNamespace: 'Microsoft.ContainerService/managedClusters',
        operator: 'GreaterThan',
        threshold: 0,
      },
    ],
    description: 'Pods failed. Container insights has their logs.',
    frequency: 'PT1M',
    name: 'model-telemetry-4e3956ad-errors',
    resourceGroupName: placementResourceGroup.name,
    scopes: [cluster.id],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetrySaturation', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        metricName: 'node_cpu_usage_percentage',
        metricNamespace: 'Microsoft.ContainerService/managedClusters',
        operator: 'GreaterThan',
        threshold: 90,
      },
    ],
    description: 'The nodes are busy. Raise maxReplicas and the number of nodes.',
    frequency: 'PT1M',
    name: 'model-telemetry-4e3956ad-saturation',
    resourceGroupName: placementResourceGroup.name,
    scopes: [cluster.id],
    severity: 2,
    windowSize: 'PT5M',
  });
  new MonitorMetricAlert(stack, 'telemetryWaiting', {
    action: [],
    criteria: [
      {
        aggregation: 'Average',
        dimension: [{ name: 'phase', operator: 'Include', values: ['Pending'] }],
        metricName: 'kube_pod_status_phase',
        metricNamespace: 'Microsoft.ContainerService/managedClusters',
        operator: 'GreaterThan',
        threshold: 0,
      },
    ],
    description: 'Pods have no node. Raise the number of nodes that may run, or the quota of the subscription.',
    frequency: 'PT1M',
    name: 'model-telemetry-4e3956ad-waiting',
    resourceGroupName: placementResourceGroup.name,
    scopes: [cluster.id],
    severity: 2,
    windowSize: 'PT5M',
  });
  const clusterDeployer = new RoleAssignment(stack, 'clusterDeployer', {
    principalId: modelshipAzureClient.objectId,
    roleDefinitionName: 'Azure Kubernetes Service RBAC Cluster Admin',
    scope: cluster.id,
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
    name: `modelmodelstor${Fn.substr(Fn.sha256(Fn.join('/', [modelshipAzureClient.subscriptionId, 'azure-container/Model/ModelStore/Storage'])), 0, 8)}`,
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
  const clusterDeployerKnown = new Resource(
    stack,
    'clusterDeployerKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: clusterDeployer.id } },
    { provider: timeProvider, dependsOn: [clusterDeployer] },
  );
  new ConfigMapV1(stack, 'metricsSettings', {
    data: {
      'config-version': 'v1',
      'pod-annotation-based-scraping': 'podannotationnamespaceregex = "^model-bc84a6a1$"',
      'schema-version': 'v1',
    },
    metadata: { name: 'ama-metrics-settings-configmap', namespace: 'kube-system' },
    provider: kubernetesProvider,
    dependsOn: [clusterDeployerKnown, clusterPool],
  });
  const workloadNamespace = new NamespaceV1(stack, 'workloadNamespace', {
    metadata: {
      labels: {
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
      name: 'model-bc84a6a1',
    },
    provider: kubernetesProvider,
  });
  const workloadNetworkPolicy = new NetworkPolicyV1(stack, 'workloadNetworkPolicy', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      egress: [
        {
          ports: [
            { port: '53', protocol: 'UDP' },
            { port: '53', protocol: 'TCP' },
            { port: '443', protocol: 'TCP' },
          ],
        },
      ],
      ingress: [
        {
          from: [
            { ipBlock: { cidr: '10.0.0.0/8' } },
            { ipBlock: { cidr: '172.16.0.0/12' } },
            { ipBlock: { cidr: '192.168.0.0/16' } },
          ],
          ports: [{ port: '8080', protocol: 'TCP' }],
        },
      ],
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'model-bc84a6a1' } },
      policyTypes: ['Ingress', 'Egress'],
    },
    provider: kubernetesProvider,
  });
  const workloadServiceAccount = new ServiceAccountV1(stack, 'workloadServiceAccount', {
    automountServiceAccountToken: false,
    metadata: {
      annotations: { 'azure.workload.identity/client-id': identity.clientId },
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1',
      namespace: workloadNamespace.metadata.name,
    },
    provider: kubernetesProvider,
  });
  const rolesKnown = new Resource(
    stack,
    'rolesKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: modelReader.id } },
    { provider: timeProvider, dependsOn: [modelReader] },
  );
  const workloadDeployment = new DeploymentV1(stack, 'workloadDeployment', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      selector: {
        matchLabels: { 'app.kubernetes.io/component': 'stable', 'app.kubernetes.io/name': 'model-bc84a6a1' },
      },
      strategy: { rollingUpdate: { maxSurge: '1', maxUnavailable: '0' }, type: 'RollingUpdate' },
      template: {
        metadata: {
          annotations: {
            'prometheus.io/path': '/metrics',
            'prometheus.io/port': '9090',
            'prometheus.io/scrape': 'true',
          },
          labels: {
            'app.kubernetes.io/component': 'stable',
            'app.kubernetes.io/name': 'model-bc84a6a1',
            'azure.workload.identity/use': 'true',
          },
        },
        spec: {
          automountServiceAccountToken: false,
          container: [
            {
              env: [
                { name: 'MODELSHIP_MODEL', value: `${modelStoreStorageAccount.primaryBlobEndpoint}models/${prefix}/` },
                { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
                { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
                {
                  name: 'MODELSHIP_JWT_ISSUER',
                  value: `https://login.microsoftonline.com/${modelshipAzureClient.tenantId}/v2.0`,
                },
                { name: 'MODELSHIP_JWT_AUDIENCE', value: entraApplication.interpolationForAttribute('client_id') },
                { name: 'MODELSHIP_METRICS_PORT', value: '9090' },
              ],
              image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
              lifecycle: { preStop: [{ exec: { command: ['node', '-e', 'setTimeout(() => {}, 5000)'] } }] },
              livenessProbe: {
                failureThreshold: 3,
                httpGet: { path: '/v2/health/live', port: 'http' },
                periodSeconds: 5,
                timeoutSeconds: 5,
              },
              name: 'runtime',
              port: [
                { containerPort: 8080, name: 'http', protocol: 'TCP' },
                { containerPort: 9090, name: 'metrics', protocol: 'TCP' },
              ],
              readinessProbe: {
                failureThreshold: 1,
                httpGet: { path: '/v2/health/ready', port: 'http' },
                periodSeconds: 5,
                timeoutSeconds: 5,
              },
              resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: '1000m', memory: '1024Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                privileged: false,
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              startupProbe: {
                failureThreshold: 60,
                httpGet: { path: '/v2/health/ready', port: 'http' },
                periodSeconds: 5,
                timeoutSeconds: 5,
              },
              volumeMount: [{ mountPath: '/tmp', name: 'tmp' }],
            },
          ],
          enableServiceLinks: false,
          nodeSelector: { 'modelship.dev/pool': 'models' },
          securityContext: {
            fsGroup: '65532',
            runAsGroup: '65532',
            runAsNonRoot: true,
            runAsUser: '65532',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          serviceAccountName: workloadServiceAccount.metadata.name,
          terminationGracePeriodSeconds: 18,
          toleration: [],
          topologySpreadConstraint: [
            {
              labelSelector: [{ matchLabels: { 'app.kubernetes.io/name': 'model-bc84a6a1' } }],
              maxSkew: 1,
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'ScheduleAnyway',
            },
            {
              labelSelector: [{ matchLabels: { 'app.kubernetes.io/name': 'model-bc84a6a1' } }],
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
            },
          ],
          volume: [{ emptyDir: {}, name: 'tmp' }],
        },
      },
    },
    provider: kubernetesProvider,
    dependsOn: [...uploads, federation, rolesKnown, clusterDeployerKnown, clusterPool, workloadNetworkPolicy],
  });
  new HorizontalPodAutoscalerV2(stack, 'workloadAutoscaler', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: workloadDeployment.metadata.name,
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      maxReplicas: 3,
      metric: [
        { resource: { name: 'cpu', target: { averageUtilization: 70, type: 'Utilization' } }, type: 'Resource' },
      ],
      minReplicas: 1,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workloadDeployment.metadata.name },
    },
    provider: kubernetesProvider,
  });
  new NetworkPolicyV1(stack, 'workloadMetricsPolicy', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1-metrics',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [{ port: '9090', protocol: 'TCP' }],
        },
      ],
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'model-bc84a6a1' } },
      policyTypes: ['Ingress'],
    },
    provider: kubernetesProvider,
  });
  new PodDisruptionBudgetV1(stack, 'workloadDisruptionBudget', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1',
      namespace: workloadNamespace.metadata.name,
    },
    spec: { maxUnavailable: '1', selector: { matchLabels: { 'app.kubernetes.io/name': 'model-bc84a6a1' } } },
    provider: kubernetesProvider,
  });
  new ServiceV1(stack, 'workloadService', {
    metadata: {
      annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' },
      labels: { 'app.kubernetes.io/name': 'model-bc84a6a1' },
      name: 'model-bc84a6a1',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      loadBalancerSourceRanges: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      port: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
      selector: { 'app.kubernetes.io/component': 'stable', 'app.kubernetes.io/name': 'model-bc84a6a1' },
      type: 'LoadBalancer',
    },
    waitForLoadBalancer: true,
    provider: kubernetesProvider,
  });
};
