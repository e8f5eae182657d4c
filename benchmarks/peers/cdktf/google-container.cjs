// The resources that the construct makes for `google-container`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, DataResource, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { ContainerCluster } = require('@cdktf/provider-google/lib/container-cluster');
const { DataGoogleClientConfig } = require('@cdktf/provider-google/lib/data-google-client-config');
const { LoggingMetric } = require('@cdktf/provider-google/lib/logging-metric');
const { LoggingProjectBucketConfig } = require('@cdktf/provider-google/lib/logging-project-bucket-config');
const { LoggingProjectExclusion } = require('@cdktf/provider-google/lib/logging-project-exclusion');
const { LoggingProjectSink } = require('@cdktf/provider-google/lib/logging-project-sink');
const { MonitoringAlertPolicy } = require('@cdktf/provider-google/lib/monitoring-alert-policy');
const { MonitoringDashboard } = require('@cdktf/provider-google/lib/monitoring-dashboard');
const { ProjectIamMember } = require('@cdktf/provider-google/lib/project-iam-member');
const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
const { ServiceAccount } = require('@cdktf/provider-google/lib/service-account');
const { ServiceAccountIamMember } = require('@cdktf/provider-google/lib/service-account-iam-member');
const { StorageBucket } = require('@cdktf/provider-google/lib/storage-bucket');
const { StorageBucketIamMember } = require('@cdktf/provider-google/lib/storage-bucket-iam-member');
const { StorageBucketObject } = require('@cdktf/provider-google/lib/storage-bucket-object');
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
  const stack = new TerraformStack(app, 'google-container');
  new GoogleProvider(stack, 'google', { region: 'europe-west4' });
  const modelshipGoogleClient = new DataGoogleClientConfig(stack, 'modelshipGoogleClient', {});
  const clusterNodeServiceAccount = new ServiceAccount(stack, 'clusterNodeServiceAccount', {
    accountId: 'cluster-e20e2b24',
    displayName: 'Nodes: write logs and metrics, pull images',
  });
  const clusterNodeArtifactregistryreader = new ProjectIamMember(stack, 'clusterNodeArtifactregistryreader', {
    member: clusterNodeServiceAccount.member,
    project: modelshipGoogleClient.project,
    role: 'roles/artifactregistry.reader',
  });
  const clusterNodeContainerdefaultNodeServiceAccount = new ProjectIamMember(
    stack,
    'clusterNodeContainerdefaultNodeServiceAccount',
    {
      member: clusterNodeServiceAccount.member,
      project: modelshipGoogleClient.project,
      role: 'roles/container.defaultNodeServiceAccount',
    },
  );
  const cluster = new ContainerCluster(stack, 'cluster', {
    clusterAutoscaling: {
      autoProvisioningDefaults: {
        oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'],
        serviceAccount: clusterNodeServiceAccount.email,
      },
    },
    deletionProtection: false,
    enableAutopilot: true,
    ipAllocationPolicy: {},
    location: 'europe-west4',
    name: 'model-7a06288a',
    privateClusterConfig: { enablePrivateNodes: true },
    releaseChannel: { channel: 'REGULAR' },
    dependsOn: [clusterNodeContainerdefaultNodeServiceAccount, clusterNodeArtifactregistryreader],
  });
  const helmProvider = new Provider(
    stack,
    'helm',
    { name: 'helm', source: 'hashicorp/helm', version: '~> 3.0', alias: 'model-7a06288a' },
    {
      kubernetes: {
        cluster_ca_certificate: Fn.base64decode(cluster.masterAuth.clusterCaCertificate),
        host: `https://${cluster.endpoint}`,
        token: modelshipGoogleClient.accessToken,
      },
    },
  );
  const kubernetesProvider = new KubernetesProvider(stack, 'kubernetes', {
    alias: 'model-7a06288a',
    clusterCaCertificate: Fn.base64decode(cluster.masterAuth.clusterCaCertificate),
    host: `https://${cluster.endpoint}`,
    token: modelshipGoogleClient.accessToken,
  });
  const telemetryErrorLogs = new LoggingMetric(stack, 'telemetryErrorLogs', {
    description: 'Errors that google-container/Model logged',
    filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND (severity>=ERROR OR jsonPayload.level="error")`,
    metricDescriptor: { metricKind: 'DELTA', unit: '1', valueType: 'INT64' },
    name: 'model-7a06288a-errors',
  });
  const logsLifetime = new DataResource(stack, 'logsLifetime');
  const logsBucket = new LoggingProjectBucketConfig(stack, 'logsBucket', {
    bucketId: `model-7a06288a-${Fn.substr(Fn.sha256(logsLifetime.id), 0, 8)}`,
    location: 'europe-west4',
    project: modelshipGoogleClient.project,
    retentionDays: 90,
  });
  const logsSink = new LoggingProjectSink(stack, 'logsSink', {
    destination: `logging.googleapis.com/${logsBucket.id}`,
    filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime"`,
    name: 'model-7a06288a',
    uniqueWriterIdentity: true,
  });
  new LoggingProjectExclusion(stack, 'logsExclusion', {
    description: 'Logs of google-container/Model are in the log bucket model-7a06288a',
    filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime"`,
    name: 'model-7a06288a',
    dependsOn: [logsSink],
  });
  new MonitoringAlertPolicy(stack, 'telemetryCpu', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [{ alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_MEAN', perSeriesAligner: 'ALIGN_MEAN' }],
          comparison: 'COMPARISON_GT',
          duration: '600s',
          filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/cpu/limit_utilization"`,
          thresholdValue: 0.95,
          trigger: { count: 1 },
        },
        displayName: 'CPU in use',
      },
    ],
    displayName: 'google-container/Model: CPU in use',
    documentation: {
      content: 'Pods have used nearly all their CPU for 10 minutes, so requests wait. Raise maxReplicas or `cpu`.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryErrors', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [{ alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_SUM', perSeriesAligner: 'ALIGN_DELTA' }],
          comparison: 'COMPARISON_GT',
          duration: '300s',
          filter: `resource.type="k8s_container" AND metric.type="logging.googleapis.com/user/${telemetryErrorLogs.name}"`,
          thresholdValue: 5,
          trigger: { count: 1 },
        },
        displayName: 'Errors logged',
      },
    ],
    displayName: 'google-container/Model: Errors logged',
    documentation: {
      content: 'The runtime logged more than 5 errors a minute for 5 minutes. Read them in Cloud Logging.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryLatency', {
    combiner: 'OR',
    conditions: [
      {
        conditionPrometheusQueryLanguage: {
          disableMetricValidation: true,
          duration: '300s',
          evaluationInterval: '60s',
          query: `histogram_quantile(0.99, sum by (le) (rate(modelship_request_seconds_bucket{cluster="${cluster.name}",namespace="model-7a06288a"}[5m]))) > 30`,
        },
        displayName: 'Latency, 99th percentile (s)',
      },
    ],
    displayName: 'google-container/Model: Latency, 99th percentile (s)',
    documentation: {
      content: 'One request in a hundred takes more than half of the time limit. Raise maxReplicas, or give more CPU.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryMemory', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [{ alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_MAX', perSeriesAligner: 'ALIGN_MAX' }],
          comparison: 'COMPARISON_GT',
          duration: '300s',
          filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/memory/limit_utilization" AND metric.labels.memory_type="non-evictable"`,
          thresholdValue: 0.9,
          trigger: { count: 1 },
        },
        displayName: 'Memory in use',
      },
    ],
    displayName: 'google-container/Model: Memory in use',
    documentation: {
      content: 'Pods use more than 90 % of their memory, and are killed at 100 %. Raise `memoryMib`.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryRestarts', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [{ alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_SUM', perSeriesAligner: 'ALIGN_DELTA' }],
          comparison: 'COMPARISON_GT',
          duration: '60s',
          filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/restart_count"`,
          thresholdValue: 0,
          trigger: { count: 1 },
        },
        displayName: 'Restarts',
      },
    ],
    displayName: 'google-container/Model: Restarts',
    documentation: {
      content: 'A pod was restarted: it crashed, ran out of memory or did not answer its liveness probe.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringDashboard(stack, 'telemetryDashboard', {
    dashboardJson: JSON.stringify({
      displayName: 'google-container/Model',
      mosaicLayout: {
        columns: 12,
        tiles: [
          {
            xPos: 0,
            yPos: 0,
            width: 6,
            height: 4,
            widget: {
              title: 'CPU in use',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/cpu/limit_utilization"`,
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_MEAN',
                          crossSeriesReducer: 'REDUCE_MEAN',
                        },
                      },
                    },
                  },
                ],
              },
            },
          },
          {
            xPos: 6,
            yPos: 0,
            width: 6,
            height: 4,
            widget: {
              title: 'Memory in use',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/memory/limit_utilization" AND metric.labels.memory_type="non-evictable"`,
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_MAX',
                          crossSeriesReducer: 'REDUCE_MAX',
                        },
                      },
                    },
                  },
                ],
              },
            },
          },
          {
            xPos: 0,
            yPos: 4,
            width: 6,
            height: 4,
            widget: {
              title: 'Restarts',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter: `resource.type="k8s_container" AND resource.labels.cluster_name="${cluster.name}" AND resource.labels.namespace_name="model-7a06288a" AND resource.labels.container_name="runtime" AND metric.type="kubernetes.io/container/restart_count"`,
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_DELTA',
                          crossSeriesReducer: 'REDUCE_SUM',
                        },
                      },
                    },
                  },
                ],
              },
            },
          },
          {
            xPos: 6,
            yPos: 4,
            width: 6,
            height: 4,
            widget: {
              title: 'Errors logged',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter: `resource.type="k8s_container" AND metric.type="logging.googleapis.com/user/${telemetryErrorLogs.name}"`,
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_DELTA',
                          crossSeriesReducer: 'REDUCE_SUM',
                        },
                      },
                    },
                  },
                ],
              },
            },
          },
          {
            xPos: 0,
            yPos: 8,
            width: 6,
            height: 4,
            widget: {
              title: 'Latency, 99th percentile (s)',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      prometheusQuery: `histogram_quantile(0.99, sum by (le) (rate(modelship_request_seconds_bucket{cluster="${cluster.name}",namespace="model-7a06288a"}[5m])))`,
                    },
                  },
                ],
              },
            },
          },
        ],
      },
    }),
  });
  const serviceAccount = new ServiceAccount(stack, 'serviceAccount', {
    accountId: 'model-7a06288a',
    displayName: 'Serves the model iris',
  });
  const workloadIdentity = new ServiceAccountIamMember(stack, 'workloadIdentity', {
    member: `serviceAccount:${modelshipGoogleClient.project}.svc.id.goog[model-7a06288a/model-7a06288a]`,
    role: 'roles/iam.workloadIdentityUser',
    serviceAccountId: serviceAccount.name,
    dependsOn: [clusterNodeContainerdefaultNodeServiceAccount, clusterNodeArtifactregistryreader, cluster],
  });
  const modelStoreBucket = new StorageBucket(stack, 'modelStoreBucket', {
    forceDestroy: true,
    location: 'europe-west4',
    name: `model-7a06288a-${Fn.substr(Fn.sha256(modelshipGoogleClient.project), 0, 8)}`,
    publicAccessPrevention: 'enforced',
    uniformBucketLevelAccess: true,
    versioning: { enabled: true },
  });
  const modelStoreReader = new StorageBucketIamMember(stack, 'modelStoreReader', {
    bucket: modelStoreBucket.name,
    member: serviceAccount.member,
    role: 'roles/storage.objectViewer',
  });
  const uploads = files.map((path) => {
    const asset = new TerraformAsset(stack, `asset-${path}`, {
      path: join(directory, path),
      type: AssetType.FILE,
      assetHash: createHash('sha256').update(path).digest('hex'),
    });
    return new StorageBucketObject(stack, `object-${path}`, {
      bucket: modelStoreBucket.name,
      deletionPolicy: 'ABANDON',
      name: `${prefix}/${path}`,
      source: asset.path,
    });
  });
  const workloadNamespace = new NamespaceV1(stack, 'workloadNamespace', {
    metadata: {
      labels: {
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
      name: 'model-7a06288a',
    },
    provider: kubernetesProvider,
  });
  const workloadNetworkPolicy = new NetworkPolicyV1(stack, 'workloadNetworkPolicy', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a',
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
        { to: [{ ipBlock: { cidr: '169.254.169.252/30' } }] },
      ],
      ingress: [],
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'model-7a06288a' } },
      policyTypes: ['Ingress', 'Egress'],
    },
    provider: kubernetesProvider,
  });
  const workloadServiceAccount = new ServiceAccountV1(stack, 'workloadServiceAccount', {
    automountServiceAccountToken: false,
    metadata: {
      annotations: { 'iam.gke.io/gcp-service-account': serviceAccount.email },
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a',
      namespace: workloadNamespace.metadata.name,
    },
    provider: kubernetesProvider,
  });
  const workloadDeployment = new DeploymentV1(stack, 'workloadDeployment', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      selector: {
        matchLabels: { 'app.kubernetes.io/component': 'stable', 'app.kubernetes.io/name': 'model-7a06288a' },
      },
      strategy: { rollingUpdate: { maxSurge: '1', maxUnavailable: '0' }, type: 'RollingUpdate' },
      template: {
        metadata: {
          annotations: { 'gke-gcsfuse/volumes': 'true' },
          labels: { 'app.kubernetes.io/component': 'stable', 'app.kubernetes.io/name': 'model-7a06288a' },
        },
        spec: {
          automountServiceAccountToken: false,
          container: [
            {
              env: [
                { name: 'MODELSHIP_MODEL', value: `/mnt/models/${prefix}` },
                { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
                { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
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
              volumeMount: [
                { mountPath: '/tmp', name: 'tmp' },
                { mountPath: '/mnt/models', name: 'model', readOnly: true },
              ],
            },
          ],
          enableServiceLinks: false,
          nodeSelector: {},
          securityContext: {
            fsGroup: '65532',
            runAsGroup: '65532',
            runAsNonRoot: true,
            runAsUser: '65532',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          serviceAccountName: workloadServiceAccount.metadata.name,
          terminationGracePeriodSeconds: 18,
          topologySpreadConstraint: [
            {
              labelSelector: [{ matchLabels: { 'app.kubernetes.io/name': 'model-7a06288a' } }],
              maxSkew: 1,
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'ScheduleAnyway',
            },
            {
              labelSelector: [{ matchLabels: { 'app.kubernetes.io/name': 'model-7a06288a' } }],
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
            },
          ],
          volume: [
            { emptyDir: {}, name: 'tmp' },
            {
              csi: {
                driver: 'gcsfuse.csi.storage.gke.io',
                readOnly: true,
                volumeAttributes: { bucketName: modelStoreBucket.name, mountOptions: 'implicit-dirs' },
              },
              name: 'model',
            },
          ],
        },
      },
    },
    provider: kubernetesProvider,
    dependsOn: [
      clusterNodeContainerdefaultNodeServiceAccount,
      clusterNodeArtifactregistryreader,
      cluster,
      ...uploads,
      modelStoreReader,
      workloadIdentity,
      workloadNetworkPolicy,
    ],
  });
  const chart = new TerraformAsset(stack, 'chart', {
    path: join(__dirname, 'chart'),
    type: AssetType.DIRECTORY,
    assetHash: createHash('sha256').update('chart').digest('hex'),
  });
  new Resource(
    stack,
    'podMonitoring',
    'helm_release',
    {
      chart: chart.path,
      name: 'model-7a06288a-metrics',
      namespace: workloadNamespace.metadata.name,
    },
    { provider: helmProvider, dependsOn: [workloadDeployment] },
  );
  new HorizontalPodAutoscalerV2(stack, 'workloadAutoscaler', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
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
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a-metrics',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      ingress: [
        {
          from: [
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gmp-system' } } },
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gke-gmp-system' } } },
          ],
          ports: [{ port: '9090', protocol: 'TCP' }],
        },
      ],
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'model-7a06288a' } },
      policyTypes: ['Ingress'],
    },
    provider: kubernetesProvider,
  });
  new PodDisruptionBudgetV1(stack, 'workloadDisruptionBudget', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a',
      namespace: workloadNamespace.metadata.name,
    },
    spec: { maxUnavailable: '1', selector: { matchLabels: { 'app.kubernetes.io/name': 'model-7a06288a' } } },
    provider: kubernetesProvider,
  });
  new ServiceV1(stack, 'workloadService', {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'model-7a06288a' },
      name: 'model-7a06288a',
      namespace: workloadNamespace.metadata.name,
    },
    spec: {
      port: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
      selector: { 'app.kubernetes.io/component': 'stable', 'app.kubernetes.io/name': 'model-7a06288a' },
      type: 'ClusterIP',
    },
    waitForLoadBalancer: false,
    provider: kubernetesProvider,
  });
};
