import { loadedFrom } from './load.js';

/**
 * Classes of Azure's provider, each loaded on first use. Some take longer to load than a template takes to synthesize,
 * and a stack uses few of them.
 */
export const azurerm = loadedFrom('@cdktf/provider-azurerm', {
  get ApiManagement(): typeof import('@cdktf/provider-azurerm/lib/api-management').ApiManagement {
    return require('@cdktf/provider-azurerm/lib/api-management').ApiManagement;
  },
  get ApiManagementApi(): typeof import('@cdktf/provider-azurerm/lib/api-management-api').ApiManagementApi {
    return require('@cdktf/provider-azurerm/lib/api-management-api').ApiManagementApi;
  },
  get ApiManagementApiOperation(): typeof import('@cdktf/provider-azurerm/lib/api-management-api-operation').ApiManagementApiOperation {
    return require('@cdktf/provider-azurerm/lib/api-management-api-operation').ApiManagementApiOperation;
  },
  get ApiManagementApiPolicy(): typeof import('@cdktf/provider-azurerm/lib/api-management-api-policy').ApiManagementApiPolicy {
    return require('@cdktf/provider-azurerm/lib/api-management-api-policy').ApiManagementApiPolicy;
  },
  get ApiManagementSubscription(): typeof import('@cdktf/provider-azurerm/lib/api-management-subscription').ApiManagementSubscription {
    return require('@cdktf/provider-azurerm/lib/api-management-subscription').ApiManagementSubscription;
  },
  get ApplicationInsights(): typeof import('@cdktf/provider-azurerm/lib/application-insights').ApplicationInsights {
    return require('@cdktf/provider-azurerm/lib/application-insights').ApplicationInsights;
  },
  get ApplicationInsightsWorkbook(): typeof import('@cdktf/provider-azurerm/lib/application-insights-workbook').ApplicationInsightsWorkbook {
    return require('@cdktf/provider-azurerm/lib/application-insights-workbook').ApplicationInsightsWorkbook;
  },
  get CdnFrontdoorCustomDomain(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-custom-domain').CdnFrontdoorCustomDomain {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-custom-domain').CdnFrontdoorCustomDomain;
  },
  get CdnFrontdoorCustomDomainAssociation(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-custom-domain-association').CdnFrontdoorCustomDomainAssociation {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-custom-domain-association')
      .CdnFrontdoorCustomDomainAssociation;
  },
  get CdnFrontdoorEndpoint(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-endpoint').CdnFrontdoorEndpoint {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-endpoint').CdnFrontdoorEndpoint;
  },
  get CdnFrontdoorFirewallPolicy(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-firewall-policy').CdnFrontdoorFirewallPolicy {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-firewall-policy').CdnFrontdoorFirewallPolicy;
  },
  get CdnFrontdoorOrigin(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-origin').CdnFrontdoorOrigin {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-origin').CdnFrontdoorOrigin;
  },
  get CdnFrontdoorOriginGroup(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-origin-group').CdnFrontdoorOriginGroup {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-origin-group').CdnFrontdoorOriginGroup;
  },
  get CdnFrontdoorProfile(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-profile').CdnFrontdoorProfile {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-profile').CdnFrontdoorProfile;
  },
  get CdnFrontdoorRoute(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-route').CdnFrontdoorRoute {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-route').CdnFrontdoorRoute;
  },
  get CdnFrontdoorSecurityPolicy(): typeof import('@cdktf/provider-azurerm/lib/cdn-frontdoor-security-policy').CdnFrontdoorSecurityPolicy {
    return require('@cdktf/provider-azurerm/lib/cdn-frontdoor-security-policy').CdnFrontdoorSecurityPolicy;
  },
  get ContainerApp(): typeof import('@cdktf/provider-azurerm/lib/container-app').ContainerApp {
    return require('@cdktf/provider-azurerm/lib/container-app').ContainerApp;
  },
  get ContainerAppJob(): typeof import('@cdktf/provider-azurerm/lib/container-app-job').ContainerAppJob {
    return require('@cdktf/provider-azurerm/lib/container-app-job').ContainerAppJob;
  },
  get ContainerAppEnvironment(): typeof import('@cdktf/provider-azurerm/lib/container-app-environment').ContainerAppEnvironment {
    return require('@cdktf/provider-azurerm/lib/container-app-environment').ContainerAppEnvironment;
  },
  get ContainerRegistry(): typeof import('@cdktf/provider-azurerm/lib/container-registry').ContainerRegistry {
    return require('@cdktf/provider-azurerm/lib/container-registry').ContainerRegistry;
  },
  get DataAzurermClientConfig(): typeof import('@cdktf/provider-azurerm/lib/data-azurerm-client-config').DataAzurermClientConfig {
    return require('@cdktf/provider-azurerm/lib/data-azurerm-client-config').DataAzurermClientConfig;
  },
  get DataAzurermFunctionAppHostKeys(): typeof import('@cdktf/provider-azurerm/lib/data-azurerm-function-app-host-keys').DataAzurermFunctionAppHostKeys {
    return require('@cdktf/provider-azurerm/lib/data-azurerm-function-app-host-keys').DataAzurermFunctionAppHostKeys;
  },
  get DataAzurermStorageAccountBlobContainerSas(): typeof import('@cdktf/provider-azurerm/lib/data-azurerm-storage-account-blob-container-sas').DataAzurermStorageAccountBlobContainerSas {
    return require('@cdktf/provider-azurerm/lib/data-azurerm-storage-account-blob-container-sas')
      .DataAzurermStorageAccountBlobContainerSas;
  },
  get DiskEncryptionSet(): typeof import('@cdktf/provider-azurerm/lib/disk-encryption-set').DiskEncryptionSet {
    return require('@cdktf/provider-azurerm/lib/disk-encryption-set').DiskEncryptionSet;
  },
  get FederatedIdentityCredential(): typeof import('@cdktf/provider-azurerm/lib/federated-identity-credential').FederatedIdentityCredential {
    return require('@cdktf/provider-azurerm/lib/federated-identity-credential').FederatedIdentityCredential;
  },
  get FunctionAppFlexConsumption(): typeof import('@cdktf/provider-azurerm/lib/function-app-flex-consumption').FunctionAppFlexConsumption {
    return require('@cdktf/provider-azurerm/lib/function-app-flex-consumption').FunctionAppFlexConsumption;
  },
  get KeyVault(): typeof import('@cdktf/provider-azurerm/lib/key-vault').KeyVault {
    return require('@cdktf/provider-azurerm/lib/key-vault').KeyVault;
  },
  get KeyVaultSecret(): typeof import('@cdktf/provider-azurerm/lib/key-vault-secret').KeyVaultSecret {
    return require('@cdktf/provider-azurerm/lib/key-vault-secret').KeyVaultSecret;
  },
  get KubernetesCluster(): typeof import('@cdktf/provider-azurerm/lib/kubernetes-cluster').KubernetesCluster {
    return require('@cdktf/provider-azurerm/lib/kubernetes-cluster').KubernetesCluster;
  },
  get KubernetesClusterNodePool(): typeof import('@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool').KubernetesClusterNodePool {
    return require('@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool').KubernetesClusterNodePool;
  },
  get LogAnalyticsWorkspace(): typeof import('@cdktf/provider-azurerm/lib/log-analytics-workspace').LogAnalyticsWorkspace {
    return require('@cdktf/provider-azurerm/lib/log-analytics-workspace').LogAnalyticsWorkspace;
  },
  get MachineLearningWorkspace(): typeof import('@cdktf/provider-azurerm/lib/machine-learning-workspace').MachineLearningWorkspace {
    return require('@cdktf/provider-azurerm/lib/machine-learning-workspace').MachineLearningWorkspace;
  },
  get MachineLearningWorkspaceNetworkOutboundRulePrivateEndpoint(): typeof import('@cdktf/provider-azurerm/lib/machine-learning-workspace-network-outbound-rule-private-endpoint').MachineLearningWorkspaceNetworkOutboundRulePrivateEndpoint {
    return require('@cdktf/provider-azurerm/lib/machine-learning-workspace-network-outbound-rule-private-endpoint')
      .MachineLearningWorkspaceNetworkOutboundRulePrivateEndpoint;
  },
  get MonitorAlertPrometheusRuleGroup(): typeof import('@cdktf/provider-azurerm/lib/monitor-alert-prometheus-rule-group').MonitorAlertPrometheusRuleGroup {
    return require('@cdktf/provider-azurerm/lib/monitor-alert-prometheus-rule-group').MonitorAlertPrometheusRuleGroup;
  },
  get MonitorAutoscaleSetting(): typeof import('@cdktf/provider-azurerm/lib/monitor-autoscale-setting').MonitorAutoscaleSetting {
    return require('@cdktf/provider-azurerm/lib/monitor-autoscale-setting').MonitorAutoscaleSetting;
  },
  get MonitorDataCollectionEndpoint(): typeof import('@cdktf/provider-azurerm/lib/monitor-data-collection-endpoint').MonitorDataCollectionEndpoint {
    return require('@cdktf/provider-azurerm/lib/monitor-data-collection-endpoint').MonitorDataCollectionEndpoint;
  },
  get MonitorDataCollectionRule(): typeof import('@cdktf/provider-azurerm/lib/monitor-data-collection-rule').MonitorDataCollectionRule {
    return require('@cdktf/provider-azurerm/lib/monitor-data-collection-rule').MonitorDataCollectionRule;
  },
  get MonitorDataCollectionRuleAssociation(): typeof import('@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association').MonitorDataCollectionRuleAssociation {
    return require('@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association')
      .MonitorDataCollectionRuleAssociation;
  },
  get MonitorDiagnosticSetting(): typeof import('@cdktf/provider-azurerm/lib/monitor-diagnostic-setting').MonitorDiagnosticSetting {
    return require('@cdktf/provider-azurerm/lib/monitor-diagnostic-setting').MonitorDiagnosticSetting;
  },
  get MonitorMetricAlert(): typeof import('@cdktf/provider-azurerm/lib/monitor-metric-alert').MonitorMetricAlert {
    return require('@cdktf/provider-azurerm/lib/monitor-metric-alert').MonitorMetricAlert;
  },
  get MonitorScheduledQueryRulesAlertV2(): typeof import('@cdktf/provider-azurerm/lib/monitor-scheduled-query-rules-alert-v2').MonitorScheduledQueryRulesAlertV2 {
    return require('@cdktf/provider-azurerm/lib/monitor-scheduled-query-rules-alert-v2')
      .MonitorScheduledQueryRulesAlertV2;
  },
  get MonitorWorkspace(): typeof import('@cdktf/provider-azurerm/lib/monitor-workspace').MonitorWorkspace {
    return require('@cdktf/provider-azurerm/lib/monitor-workspace').MonitorWorkspace;
  },
  get PrivateEndpoint(): typeof import('@cdktf/provider-azurerm/lib/private-endpoint').PrivateEndpoint {
    return require('@cdktf/provider-azurerm/lib/private-endpoint').PrivateEndpoint;
  },
  get ResourceGroup(): typeof import('@cdktf/provider-azurerm/lib/resource-group').ResourceGroup {
    return require('@cdktf/provider-azurerm/lib/resource-group').ResourceGroup;
  },
  get RoleAssignment(): typeof import('@cdktf/provider-azurerm/lib/role-assignment').RoleAssignment {
    return require('@cdktf/provider-azurerm/lib/role-assignment').RoleAssignment;
  },
  get RoleDefinition(): typeof import('@cdktf/provider-azurerm/lib/role-definition').RoleDefinition {
    return require('@cdktf/provider-azurerm/lib/role-definition').RoleDefinition;
  },
  get ServicePlan(): typeof import('@cdktf/provider-azurerm/lib/service-plan').ServicePlan {
    return require('@cdktf/provider-azurerm/lib/service-plan').ServicePlan;
  },
  get StorageAccount(): typeof import('@cdktf/provider-azurerm/lib/storage-account').StorageAccount {
    return require('@cdktf/provider-azurerm/lib/storage-account').StorageAccount;
  },
  get StorageBlob(): typeof import('@cdktf/provider-azurerm/lib/storage-blob').StorageBlob {
    return require('@cdktf/provider-azurerm/lib/storage-blob').StorageBlob;
  },
  get StorageContainer(): typeof import('@cdktf/provider-azurerm/lib/storage-container').StorageContainer {
    return require('@cdktf/provider-azurerm/lib/storage-container').StorageContainer;
  },
  get UserAssignedIdentity(): typeof import('@cdktf/provider-azurerm/lib/user-assigned-identity').UserAssignedIdentity {
    return require('@cdktf/provider-azurerm/lib/user-assigned-identity').UserAssignedIdentity;
  },
});
