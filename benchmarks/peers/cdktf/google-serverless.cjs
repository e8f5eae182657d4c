// The resources that the construct makes for `google-serverless`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, DataResource, Fn, TerraformAsset, TerraformStack } = require('cdktf');
const { CloudRunV2Service } = require('@cdktf/provider-google/lib/cloud-run-v2-service');
const { DataGoogleClientConfig } = require('@cdktf/provider-google/lib/data-google-client-config');
const { LoggingMetric } = require('@cdktf/provider-google/lib/logging-metric');
const { LoggingProjectBucketConfig } = require('@cdktf/provider-google/lib/logging-project-bucket-config');
const { LoggingProjectExclusion } = require('@cdktf/provider-google/lib/logging-project-exclusion');
const { LoggingProjectSink } = require('@cdktf/provider-google/lib/logging-project-sink');
const { MonitoringAlertPolicy } = require('@cdktf/provider-google/lib/monitoring-alert-policy');
const { MonitoringDashboard } = require('@cdktf/provider-google/lib/monitoring-dashboard');
const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
const { ServiceAccount } = require('@cdktf/provider-google/lib/service-account');
const { StorageBucket } = require('@cdktf/provider-google/lib/storage-bucket');
const { StorageBucketIamMember } = require('@cdktf/provider-google/lib/storage-bucket-iam-member');
const { StorageBucketObject } = require('@cdktf/provider-google/lib/storage-bucket-object');
const { Provider, Resource } = require('./generic.cjs');

module.exports = (app, { manifest, files, directory }) => {
  const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;
  const stack = new TerraformStack(app, 'google-serverless');
  new GoogleProvider(stack, 'google', { region: 'europe-west4' });
  const modelshipGoogleClient = new DataGoogleClientConfig(stack, 'modelshipGoogleClient', {});
  const serviceAccount = new ServiceAccount(stack, 'serviceAccount', {
    accountId: 'model-41dc9fe3',
    displayName: 'Serves the model iris',
  });
  const modelStoreBucket = new StorageBucket(stack, 'modelStoreBucket', {
    forceDestroy: true,
    location: 'europe-west4',
    name: `model-41dc9fe3-${Fn.substr(Fn.sha256(modelshipGoogleClient.project), 0, 8)}`,
    publicAccessPrevention: 'enforced',
    uniformBucketLevelAccess: true,
    versioning: { enabled: true },
  });
  const modelStoreReader = new StorageBucketIamMember(stack, 'modelStoreReader', {
    bucket: modelStoreBucket.name,
    member: serviceAccount.member,
    role: 'roles/storage.objectViewer',
  });
  const timeProvider = new Provider(stack, 'time', { name: 'time', source: 'hashicorp/time', version: '~> 0.12' }, {});
  const rolesKnown = new Resource(
    stack,
    'rolesKnown',
    'time_sleep',
    { create_duration: '90s', triggers: { 0: modelStoreReader.id } },
    { provider: timeProvider, dependsOn: [modelStoreReader] },
  );
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
  new CloudRunV2Service(stack, 'endpoint', {
    deletionProtection: false,
    ingress: 'INGRESS_TRAFFIC_ALL',
    invokerIamDisabled: false,
    location: 'europe-west4',
    name: 'model-41dc9fe3',
    template: {
      containers: [
        {
          env: [
            { name: 'MODELSHIP_MODEL', value: `/mnt/models/${prefix}` },
            { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
            { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
          ],
          image: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
          livenessProbe: {
            failureThreshold: 3,
            httpGet: { path: '/v2/health/live', port: 8080 },
            periodSeconds: 10,
            timeoutSeconds: 5,
          },
          ports: { containerPort: 8080 },
          resources: { cpuIdle: true, limits: { cpu: '1', memory: '1024Mi' }, startupCpuBoost: true },
          startupProbe: {
            failureThreshold: 120,
            httpGet: { path: '/v2/health/ready', port: 8080 },
            periodSeconds: 2,
            timeoutSeconds: 2,
          },
          volumeMounts: [{ mountPath: '/mnt/models', name: 'models' }],
        },
      ],
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
      maxInstanceRequestConcurrency: 80,
      revision: 'model-41dc9fe3-a60863a9403d',
      scaling: { minInstanceCount: 0 },
      serviceAccount: serviceAccount.email,
      timeout: '60s',
      volumes: [{ gcs: { bucket: modelStoreBucket.name, readOnly: true }, name: 'models' }],
    },
    traffic: [{ percent: 100, type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' }],
    dependsOn: [...uploads, rolesKnown],
  });
  const telemetryErrorLogs = new LoggingMetric(stack, 'telemetryErrorLogs', {
    description: 'Errors that google-serverless/Model logged',
    filter:
      'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND (severity>=ERROR OR jsonPayload.level="error")',
    metricDescriptor: { metricKind: 'DELTA', unit: '1', valueType: 'INT64' },
    name: 'model-41dc9fe3-errors',
  });
  const logsLifetime = new DataResource(stack, 'logsLifetime');
  const logsBucket = new LoggingProjectBucketConfig(stack, 'logsBucket', {
    bucketId: `model-41dc9fe3-${Fn.substr(Fn.sha256(logsLifetime.id), 0, 8)}`,
    location: 'europe-west4',
    project: modelshipGoogleClient.project,
    retentionDays: 90,
  });
  const logsSink = new LoggingProjectSink(stack, 'logsSink', {
    destination: `logging.googleapis.com/${logsBucket.id}`,
    filter: 'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3"',
    name: 'model-41dc9fe3',
    uniqueWriterIdentity: true,
  });
  new LoggingProjectExclusion(stack, 'logsExclusion', {
    description: 'Logs of google-serverless/Model are in the log bucket model-41dc9fe3',
    filter: 'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3"',
    name: 'model-41dc9fe3',
    dependsOn: [logsSink],
  });
  new MonitoringAlertPolicy(stack, 'telemetryErrors', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [{ alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_SUM', perSeriesAligner: 'ALIGN_RATE' }],
          comparison: 'COMPARISON_GT',
          denominatorAggregations: [
            { alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_SUM', perSeriesAligner: 'ALIGN_RATE' },
          ],
          denominatorFilter:
            'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_count"',
          duration: '300s',
          filter:
            'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_count" AND metric.labels.response_code_class="5xx"',
          thresholdValue: 0.05,
          trigger: { count: 1 },
        },
        displayName: 'Share of requests that failed',
      },
    ],
    displayName: 'google-serverless/Model: Share of requests that failed',
    documentation: {
      content:
        'More than 5 % of the requests got a 5xx for 5 minutes. Read the errors logged; if a new revision serves, send the traffic back to the one before.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryLatency', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [
            { alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_MAX', perSeriesAligner: 'ALIGN_PERCENTILE_99' },
          ],
          comparison: 'COMPARISON_GT',
          duration: '300s',
          filter:
            'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_latencies"',
          thresholdValue: 30000,
          trigger: { count: 1 },
        },
        displayName: 'Latency, 99th percentile (ms)',
      },
    ],
    displayName: 'google-serverless/Model: Latency, 99th percentile (ms)',
    documentation: {
      content:
        'One request in a hundred takes more than half of the time limit. Lower `concurrency`, or give more CPU.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetrySaturation', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [
            { alignmentPeriod: '60s', crossSeriesReducer: 'REDUCE_MAX', perSeriesAligner: 'ALIGN_PERCENTILE_99' },
          ],
          comparison: 'COMPARISON_GT',
          duration: '300s',
          filter:
            'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/container/memory/utilizations"',
          thresholdValue: 0.9,
          trigger: { count: 1 },
        },
        displayName: 'Memory in use, 99th percentile',
      },
    ],
    displayName: 'google-serverless/Model: Memory in use, 99th percentile',
    documentation: {
      content:
        'Instances use more than 90 % of their memory, and are killed at 100 %. Raise `memoryMib`, or lower `concurrency`.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringDashboard(stack, 'telemetryDashboard', {
    dashboardJson: JSON.stringify({
      displayName: 'google-serverless/Model',
      mosaicLayout: {
        columns: 12,
        tiles: [
          {
            xPos: 0,
            yPos: 0,
            width: 6,
            height: 4,
            widget: {
              title: 'Requests a second, by revision',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_count"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_RATE',
                          crossSeriesReducer: 'REDUCE_SUM',
                          groupByFields: ['resource.label.revision_name'],
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
              title: 'Share of requests that failed',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_count" AND metric.labels.response_code_class="5xx"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_RATE',
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
            yPos: 4,
            width: 6,
            height: 4,
            widget: {
              title: 'Latency, 99th percentile (ms)',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/request_latencies"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_PERCENTILE_99',
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
            xPos: 6,
            yPos: 4,
            width: 6,
            height: 4,
            widget: {
              title: 'CPU in use, 99th percentile',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/container/cpu/utilizations"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_PERCENTILE_99',
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
            yPos: 8,
            width: 6,
            height: 4,
            widget: {
              title: 'Memory in use, 99th percentile',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/container/memory/utilizations"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_PERCENTILE_99',
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
            xPos: 6,
            yPos: 8,
            width: 6,
            height: 4,
            widget: {
              title: 'Instances',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="cloud_run_revision" AND resource.labels.service_name="model-41dc9fe3" AND metric.type="run.googleapis.com/container/instance_count"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_MAX',
                          crossSeriesReducer: 'REDUCE_SUM',
                          groupByFields: ['metric.label.state'],
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
            yPos: 12,
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
                        filter: `resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/${telemetryErrorLogs.name}"`,
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
        ],
      },
    }),
  });
};
