import { loadedFrom } from './load.js';

/**
 * Classes of Google's provider, each loaded on first use. Some take longer to load than a template takes to synthesize,
 * and a stack uses few of them.
 */
export const google = loadedFrom('@cdktf/provider-google', {
  get ArtifactRegistryRepository(): typeof import('@cdktf/provider-google/lib/artifact-registry-repository').ArtifactRegistryRepository {
    return require('@cdktf/provider-google/lib/artifact-registry-repository').ArtifactRegistryRepository;
  },
  get ArtifactRegistryRepositoryIamMember(): typeof import('@cdktf/provider-google/lib/artifact-registry-repository-iam-member').ArtifactRegistryRepositoryIamMember {
    return require('@cdktf/provider-google/lib/artifact-registry-repository-iam-member')
      .ArtifactRegistryRepositoryIamMember;
  },
  get CloudRunV2Job(): typeof import('@cdktf/provider-google/lib/cloud-run-v2-job').CloudRunV2Job {
    return require('@cdktf/provider-google/lib/cloud-run-v2-job').CloudRunV2Job;
  },
  get CloudRunV2JobIamMember(): typeof import('@cdktf/provider-google/lib/cloud-run-v2-job-iam-member').CloudRunV2JobIamMember {
    return require('@cdktf/provider-google/lib/cloud-run-v2-job-iam-member').CloudRunV2JobIamMember;
  },
  get CloudRunV2Service(): typeof import('@cdktf/provider-google/lib/cloud-run-v2-service').CloudRunV2Service {
    return require('@cdktf/provider-google/lib/cloud-run-v2-service').CloudRunV2Service;
  },
  get CloudRunV2ServiceIamMember(): typeof import('@cdktf/provider-google/lib/cloud-run-v2-service-iam-member').CloudRunV2ServiceIamMember {
    return require('@cdktf/provider-google/lib/cloud-run-v2-service-iam-member').CloudRunV2ServiceIamMember;
  },
  get ComputeBackendService(): typeof import('@cdktf/provider-google/lib/compute-backend-service').ComputeBackendService {
    return require('@cdktf/provider-google/lib/compute-backend-service').ComputeBackendService;
  },
  get ComputeGlobalAddress(): typeof import('@cdktf/provider-google/lib/compute-global-address').ComputeGlobalAddress {
    return require('@cdktf/provider-google/lib/compute-global-address').ComputeGlobalAddress;
  },
  get ComputeGlobalForwardingRule(): typeof import('@cdktf/provider-google/lib/compute-global-forwarding-rule').ComputeGlobalForwardingRule {
    return require('@cdktf/provider-google/lib/compute-global-forwarding-rule').ComputeGlobalForwardingRule;
  },
  get ComputeManagedSslCertificate(): typeof import('@cdktf/provider-google/lib/compute-managed-ssl-certificate').ComputeManagedSslCertificate {
    return require('@cdktf/provider-google/lib/compute-managed-ssl-certificate').ComputeManagedSslCertificate;
  },
  get ComputeRegionNetworkEndpointGroup(): typeof import('@cdktf/provider-google/lib/compute-region-network-endpoint-group').ComputeRegionNetworkEndpointGroup {
    return require('@cdktf/provider-google/lib/compute-region-network-endpoint-group')
      .ComputeRegionNetworkEndpointGroup;
  },
  get ComputeRouter(): typeof import('@cdktf/provider-google/lib/compute-router').ComputeRouter {
    return require('@cdktf/provider-google/lib/compute-router').ComputeRouter;
  },
  get ComputeRouterNat(): typeof import('@cdktf/provider-google/lib/compute-router-nat').ComputeRouterNat {
    return require('@cdktf/provider-google/lib/compute-router-nat').ComputeRouterNat;
  },
  get ComputeSecurityPolicy(): typeof import('@cdktf/provider-google/lib/compute-security-policy').ComputeSecurityPolicy {
    return require('@cdktf/provider-google/lib/compute-security-policy').ComputeSecurityPolicy;
  },
  get ComputeSslPolicy(): typeof import('@cdktf/provider-google/lib/compute-ssl-policy').ComputeSslPolicy {
    return require('@cdktf/provider-google/lib/compute-ssl-policy').ComputeSslPolicy;
  },
  get ComputeTargetHttpsProxy(): typeof import('@cdktf/provider-google/lib/compute-target-https-proxy').ComputeTargetHttpsProxy {
    return require('@cdktf/provider-google/lib/compute-target-https-proxy').ComputeTargetHttpsProxy;
  },
  get ComputeUrlMap(): typeof import('@cdktf/provider-google/lib/compute-url-map').ComputeUrlMap {
    return require('@cdktf/provider-google/lib/compute-url-map').ComputeUrlMap;
  },
  get ContainerCluster(): typeof import('@cdktf/provider-google/lib/container-cluster').ContainerCluster {
    return require('@cdktf/provider-google/lib/container-cluster').ContainerCluster;
  },
  get ContainerNodePool(): typeof import('@cdktf/provider-google/lib/container-node-pool').ContainerNodePool {
    return require('@cdktf/provider-google/lib/container-node-pool').ContainerNodePool;
  },
  get DataGoogleClientConfig(): typeof import('@cdktf/provider-google/lib/data-google-client-config').DataGoogleClientConfig {
    return require('@cdktf/provider-google/lib/data-google-client-config').DataGoogleClientConfig;
  },
  get DataGoogleContainerCluster(): typeof import('@cdktf/provider-google/lib/data-google-container-cluster').DataGoogleContainerCluster {
    return require('@cdktf/provider-google/lib/data-google-container-cluster').DataGoogleContainerCluster;
  },
  get DataGoogleLoggingProjectCmekSettings(): typeof import('@cdktf/provider-google/lib/data-google-logging-project-cmek-settings').DataGoogleLoggingProjectCmekSettings {
    return require('@cdktf/provider-google/lib/data-google-logging-project-cmek-settings')
      .DataGoogleLoggingProjectCmekSettings;
  },
  get DataGoogleProject(): typeof import('@cdktf/provider-google/lib/data-google-project').DataGoogleProject {
    return require('@cdktf/provider-google/lib/data-google-project').DataGoogleProject;
  },
  get DataGoogleStorageProjectServiceAccount(): typeof import('@cdktf/provider-google/lib/data-google-storage-project-service-account').DataGoogleStorageProjectServiceAccount {
    return require('@cdktf/provider-google/lib/data-google-storage-project-service-account')
      .DataGoogleStorageProjectServiceAccount;
  },
  get KmsCryptoKeyIamMember(): typeof import('@cdktf/provider-google/lib/kms-crypto-key-iam-member').KmsCryptoKeyIamMember {
    return require('@cdktf/provider-google/lib/kms-crypto-key-iam-member').KmsCryptoKeyIamMember;
  },
  get LoggingMetric(): typeof import('@cdktf/provider-google/lib/logging-metric').LoggingMetric {
    return require('@cdktf/provider-google/lib/logging-metric').LoggingMetric;
  },
  get LoggingProjectBucketConfig(): typeof import('@cdktf/provider-google/lib/logging-project-bucket-config').LoggingProjectBucketConfig {
    return require('@cdktf/provider-google/lib/logging-project-bucket-config').LoggingProjectBucketConfig;
  },
  get LoggingProjectExclusion(): typeof import('@cdktf/provider-google/lib/logging-project-exclusion').LoggingProjectExclusion {
    return require('@cdktf/provider-google/lib/logging-project-exclusion').LoggingProjectExclusion;
  },
  get LoggingProjectSink(): typeof import('@cdktf/provider-google/lib/logging-project-sink').LoggingProjectSink {
    return require('@cdktf/provider-google/lib/logging-project-sink').LoggingProjectSink;
  },
  get MonitoringAlertPolicy(): typeof import('@cdktf/provider-google/lib/monitoring-alert-policy').MonitoringAlertPolicy {
    return require('@cdktf/provider-google/lib/monitoring-alert-policy').MonitoringAlertPolicy;
  },
  get MonitoringDashboard(): typeof import('@cdktf/provider-google/lib/monitoring-dashboard').MonitoringDashboard {
    return require('@cdktf/provider-google/lib/monitoring-dashboard').MonitoringDashboard;
  },
  get MonitoringUptimeCheckConfig(): typeof import('@cdktf/provider-google/lib/monitoring-uptime-check-config').MonitoringUptimeCheckConfig {
    return require('@cdktf/provider-google/lib/monitoring-uptime-check-config').MonitoringUptimeCheckConfig;
  },
  get ProjectIamCustomRole(): typeof import('@cdktf/provider-google/lib/project-iam-custom-role').ProjectIamCustomRole {
    return require('@cdktf/provider-google/lib/project-iam-custom-role').ProjectIamCustomRole;
  },
  get ProjectIamMember(): typeof import('@cdktf/provider-google/lib/project-iam-member').ProjectIamMember {
    return require('@cdktf/provider-google/lib/project-iam-member').ProjectIamMember;
  },
  get ProjectService(): typeof import('@cdktf/provider-google/lib/project-service').ProjectService {
    return require('@cdktf/provider-google/lib/project-service').ProjectService;
  },
  get SecretManagerSecretIamMember(): typeof import('@cdktf/provider-google/lib/secret-manager-secret-iam-member').SecretManagerSecretIamMember {
    return require('@cdktf/provider-google/lib/secret-manager-secret-iam-member').SecretManagerSecretIamMember;
  },
  get ServiceAccount(): typeof import('@cdktf/provider-google/lib/service-account').ServiceAccount {
    return require('@cdktf/provider-google/lib/service-account').ServiceAccount;
  },
  get ServiceAccountIamMember(): typeof import('@cdktf/provider-google/lib/service-account-iam-member').ServiceAccountIamMember {
    return require('@cdktf/provider-google/lib/service-account-iam-member').ServiceAccountIamMember;
  },
  get StorageBucket(): typeof import('@cdktf/provider-google/lib/storage-bucket').StorageBucket {
    return require('@cdktf/provider-google/lib/storage-bucket').StorageBucket;
  },
  get StorageBucketIamMember(): typeof import('@cdktf/provider-google/lib/storage-bucket-iam-member').StorageBucketIamMember {
    return require('@cdktf/provider-google/lib/storage-bucket-iam-member').StorageBucketIamMember;
  },
  get StorageBucketObject(): typeof import('@cdktf/provider-google/lib/storage-bucket-object').StorageBucketObject {
    return require('@cdktf/provider-google/lib/storage-bucket-object').StorageBucketObject;
  },
  get VertexAiEndpoint(): typeof import('@cdktf/provider-google/lib/vertex-ai-endpoint').VertexAiEndpoint {
    return require('@cdktf/provider-google/lib/vertex-ai-endpoint').VertexAiEndpoint;
  },
});
