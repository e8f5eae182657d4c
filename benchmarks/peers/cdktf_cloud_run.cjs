// A CDKTF app written by hand, with the resources that ServerlessModel makes for Google Cloud.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { App, AssetType, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { CloudRunV2Service } = require('@cdktf/provider-google/lib/cloud-run-v2-service');
const { DataGoogleClientConfig } = require('@cdktf/provider-google/lib/data-google-client-config');
const { LoggingMetric } = require('@cdktf/provider-google/lib/logging-metric');
const { LoggingProjectBucketConfig } = require('@cdktf/provider-google/lib/logging-project-bucket-config');
const { LoggingProjectSink } = require('@cdktf/provider-google/lib/logging-project-sink');
const { MonitoringAlertPolicy } = require('@cdktf/provider-google/lib/monitoring-alert-policy');
const { MonitoringDashboard } = require('@cdktf/provider-google/lib/monitoring-dashboard');
const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
const { ServiceAccount } = require('@cdktf/provider-google/lib/service-account');
const { StorageBucket } = require('@cdktf/provider-google/lib/storage-bucket');
const { StorageBucketIamMember } = require('@cdktf/provider-google/lib/storage-bucket-iam-member');
const { StorageBucketObject } = require('@cdktf/provider-google/lib/storage-bucket-object');

const [directory, image, outdir] = process.argv.slice(2);
const region = 'europe-west4';
const manifest = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;

const app = new App({ outdir });
const stack = new TerraformStack(app, 'google-serverless');
new GoogleProvider(stack, 'google', { region });
const { project } = new DataGoogleClientConfig(stack, 'client', {});

const bucket = new StorageBucket(stack, 'bucket', {
  name: `iris-${Fn.substr(Fn.sha256(project), 0, 8)}`,
  location: region,
  uniformBucketLevelAccess: true,
  publicAccessPrevention: 'enforced',
  versioning: { enabled: true },
  forceDestroy: true,
});
const objects = ['model.json', ...manifest.files.map((file) => file.path)].map((path) => {
  const asset = new TerraformAsset(stack, `asset-${path}`, {
    path: join(directory, path),
    type: AssetType.FILE,
    assetHash: createHash('sha256').update(path).digest('hex'),
  });
  return new StorageBucketObject(stack, `object-${path}`, {
    bucket: bucket.name,
    name: `${prefix}/${path}`,
    source: asset.path,
  });
});
const account = new ServiceAccount(stack, 'account', { accountId: 'iris-model', displayName: 'Serves iris' });
const reader = new StorageBucketIamMember(stack, 'reader', {
  bucket: bucket.name,
  role: 'roles/storage.objectViewer',
  member: account.member,
});
const probe = (path) => ({ httpGet: { path, port: 8080 }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 });
const name = 'iris';
new CloudRunV2Service(stack, 'service', {
  name,
  location: region,
  deletionProtection: false,
  ingress: 'INGRESS_TRAFFIC_ALL',
  template: {
    serviceAccount: account.email,
    executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
    maxInstanceRequestConcurrency: 80,
    timeout: '60s',
    scaling: { minInstanceCount: 0 },
    volumes: [{ name: 'models', gcs: { bucket: bucket.name, readOnly: true } }],
    containers: [
      {
        image,
        ports: { containerPort: 8080 },
        env: [
          { name: 'MODELSHIP_MODEL', value: `/mnt/models/${prefix}` },
          { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
          { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
        ],
        resources: { limits: { cpu: '1', memory: '1024Mi' }, cpuIdle: true, startupCpuBoost: true },
        startupProbe: probe('/v2/health/ready'),
        livenessProbe: probe('/v2/health/live'),
        volumeMounts: [{ name: 'models', mountPath: '/mnt/models' }],
      },
    ],
  },
  traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
  dependsOn: [...objects, reader],
});

const resource = `resource.type="cloud_run_revision" AND resource.labels.service_name="${name}"`;
const logs = new LoggingProjectBucketConfig(stack, 'logs', {
  project,
  location: region,
  bucketId: name,
  retentionDays: 90,
});
new LoggingProjectSink(stack, 'sink', {
  name,
  destination: `logging.googleapis.com/${logs.id}`,
  filter: resource,
  uniqueWriterIdentity: true,
});
const errors = new LoggingMetric(stack, 'errors', {
  name: 'iris-errors',
  filter: `${resource} AND severity>=ERROR`,
  metricDescriptor: { metricKind: 'DELTA', valueType: 'INT64', unit: '1' },
});
const metrics = [
  ['request_count', 'ALIGN_RATE', 0.05],
  ['request_latencies', 'ALIGN_PERCENTILE_99', 30000],
  ['container/memory/utilizations', 'ALIGN_PERCENTILE_99', 0.9],
].map(([type, perSeriesAligner, threshold]) => ({
  type,
  threshold,
  filter: `${resource} AND metric.type="run.googleapis.com/${type}"`,
  aggregation: { alignmentPeriod: '60s', perSeriesAligner, crossSeriesReducer: 'REDUCE_MAX' },
}));
for (const { type, threshold, filter, aggregation } of metrics) {
  new MonitoringAlertPolicy(stack, `alert-${type}`, {
    displayName: type,
    combiner: 'OR',
    conditions: [
      {
        displayName: type,
        conditionThreshold: {
          filter,
          aggregations: [aggregation],
          comparison: 'COMPARISON_GT',
          thresholdValue: threshold,
          duration: '300s',
          trigger: { count: 1 },
        },
      },
    ],
  });
}
const charts = [
  ...metrics,
  { ...metrics[0], type: 'errors', filter: `metric.type="logging.googleapis.com/user/${errors.name}"` },
];
new MonitoringDashboard(stack, 'dashboard', {
  dashboardJson: JSON.stringify({
    displayName: name,
    mosaicLayout: {
      columns: 12,
      tiles: charts.map(({ type, filter, aggregation }, index) => ({
        yPos: index * 4,
        width: 12,
        height: 4,
        widget: {
          title: type,
          xyChart: { dataSets: [{ timeSeriesQuery: { timeSeriesFilter: { filter, aggregation } } }] },
        },
      })),
    },
  }),
});
app.synth();
