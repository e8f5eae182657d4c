// The resources that the construct makes for `google-managed-endpoint`, written by hand.
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { AssetType, DataResource, Fn, TerraformAsset, TerraformStack } = require('cdktf');
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
const { VertexAiEndpoint } = require('@cdktf/provider-google/lib/vertex-ai-endpoint');
const { Provider, Resource } = require('./generic.cjs');

module.exports = (app, { manifest, files, directory }) => {
  const prefix = `models/${manifest.name}/${manifest.digest.slice(7)}`;
  const stack = new TerraformStack(app, 'google-managed-endpoint');
  new GoogleProvider(stack, 'google', { region: 'europe-west4' });
  const modelshipGoogleClient = new DataGoogleClientConfig(stack, 'modelshipGoogleClient', {});
  const restfulProvider = new Provider(
    stack,
    'restful',
    { name: 'restful', source: 'magodo/restful', version: '~> 0.25', alias: 'vertex-europe-west4' },
    {
      base_url: 'https://europe-west4-aiplatform.googleapis.com/v1',
      security: { http: { token: { token: modelshipGoogleClient.accessToken } } },
    },
  );
  const telemetryErrorLogs = new LoggingMetric(stack, 'telemetryErrorLogs', {
    description: 'Errors that google-managed-endpoint/Model logged',
    filter:
      'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND (severity>=ERROR OR jsonPayload.level="error")',
    metricDescriptor: { metricKind: 'DELTA', unit: '1', valueType: 'INT64' },
    name: 'model-70d8d4a9-errors',
  });
  const logsLifetime = new DataResource(stack, 'logsLifetime');
  const logsBucket = new LoggingProjectBucketConfig(stack, 'logsBucket', {
    bucketId: `model-70d8d4a9-${Fn.substr(Fn.sha256(logsLifetime.id), 0, 8)}`,
    location: 'europe-west4',
    project: modelshipGoogleClient.project,
    retentionDays: 90,
  });
  const logsSink = new LoggingProjectSink(stack, 'logsSink', {
    destination: `logging.googleapis.com/${logsBucket.id}`,
    filter: 'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409"',
    name: 'model-70d8d4a9',
    uniqueWriterIdentity: true,
  });
  new LoggingProjectExclusion(stack, 'logsExclusion', {
    description: 'Logs of google-managed-endpoint/Model are in the log bucket model-70d8d4a9',
    filter: 'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409"',
    name: 'model-70d8d4a9',
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
            'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/prediction_count"',
          duration: '300s',
          filter:
            'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/error_count"',
          thresholdValue: 0.05,
          trigger: { count: 1 },
        },
        displayName: 'Share of predictions that failed',
      },
    ],
    displayName: 'google-managed-endpoint/Model: Share of predictions that failed',
    documentation: {
      content:
        'More than 5 % of the predictions failed for 5 minutes. Read the errors logged; during a canary, give the traffic back to the stable version.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetryLatency', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [
            {
              alignmentPeriod: '60s',
              crossSeriesReducer: 'REDUCE_MAX',
              groupByFields: ['metric.label.deployed_model_id'],
              perSeriesAligner: 'ALIGN_PERCENTILE_99',
            },
          ],
          comparison: 'COMPARISON_GT',
          duration: '300s',
          filter:
            'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/prediction_latencies"',
          thresholdValue: 30000,
          trigger: { count: 1 },
        },
        displayName: 'Latency, 99th percentile (ms)',
      },
    ],
    displayName: 'google-managed-endpoint/Model: Latency, 99th percentile (ms)',
    documentation: {
      content: 'One prediction in a hundred takes more than half of the time limit. Raise maxReplicas.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringAlertPolicy(stack, 'telemetrySaturation', {
    combiner: 'OR',
    conditions: [
      {
        conditionThreshold: {
          aggregations: [
            {
              alignmentPeriod: '60s',
              crossSeriesReducer: 'REDUCE_MEAN',
              groupByFields: ['metric.label.deployed_model_id'],
              perSeriesAligner: 'ALIGN_MEAN',
            },
          ],
          comparison: 'COMPARISON_GT',
          duration: '600s',
          filter:
            'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/cpu/utilization"',
          thresholdValue: 0.9,
          trigger: { count: 1 },
        },
        displayName: 'CPU in use',
      },
    ],
    displayName: 'google-managed-endpoint/Model: CPU in use',
    documentation: {
      content: 'Replicas have used more than 90 % of their CPU for 10 minutes. Raise maxReplicas.',
      mimeType: 'text/markdown',
    },
  });
  new MonitoringDashboard(stack, 'telemetryDashboard', {
    dashboardJson: JSON.stringify({
      displayName: 'google-managed-endpoint/Model',
      mosaicLayout: {
        columns: 12,
        tiles: [
          {
            xPos: 0,
            yPos: 0,
            width: 6,
            height: 4,
            widget: {
              title: 'Predictions a second, by version',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/prediction_count"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_RATE',
                          crossSeriesReducer: 'REDUCE_SUM',
                          groupByFields: ['metric.label.deployed_model_id'],
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
              title: 'Share of predictions that failed',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/error_count"',
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
                          'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/prediction_latencies"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_PERCENTILE_99',
                          crossSeriesReducer: 'REDUCE_MAX',
                          groupByFields: ['metric.label.deployed_model_id'],
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
              title: 'CPU in use',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/cpu/utilization"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_MEAN',
                          crossSeriesReducer: 'REDUCE_MEAN',
                          groupByFields: ['metric.label.deployed_model_id'],
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
              title: 'Replicas',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter:
                          'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="1893258409" AND metric.type="aiplatform.googleapis.com/prediction/online/replicas"',
                        aggregation: {
                          alignmentPeriod: '60s',
                          perSeriesAligner: 'ALIGN_MAX',
                          crossSeriesReducer: 'REDUCE_SUM',
                          groupByFields: ['metric.label.deployed_model_id'],
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
              title: 'Errors logged',
              xyChart: {
                dataSets: [
                  {
                    plotType: 'LINE',
                    timeSeriesQuery: {
                      timeSeriesFilter: {
                        filter: `resource.type="aiplatform.googleapis.com/Endpoint" AND metric.type="logging.googleapis.com/user/${telemetryErrorLogs.name}"`,
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
  const serviceAccount = new ServiceAccount(stack, 'serviceAccount', {
    accountId: 'model-70d8d4a9',
    displayName: 'Serves the model iris',
  });
  const modelStoreBucket = new StorageBucket(stack, 'modelStoreBucket', {
    forceDestroy: true,
    location: 'europe-west4',
    name: `model-70d8d4a9-${Fn.substr(Fn.sha256(modelshipGoogleClient.project), 0, 8)}`,
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
  const endpoint = new VertexAiEndpoint(stack, 'endpoint', {
    dedicatedEndpointEnabled: true,
    displayName: 'google-managed-endpoint/Model',
    location: 'europe-west4',
    name: '1893258409',
    region: 'europe-west4',
    lifecycle: { ignoreChanges: ['traffic_split'] },
  });
  const poll = {
    default_delay_sec: 10,
    status: { pending: ['{}', '{"done":false}'], success: '{"done":true}' },
    status_locator: 'body.{done,error}',
    url_locator: 'body.name',
  };
  const versionUpload = new Resource(
    stack,
    'versionUpload',
    'restful_operation',
    {
      body: {
        model: {
          containerSpec: {
            env: [
              { name: 'MODELSHIP_MODEL', value: `gs://${modelStoreBucket.name}/${prefix}/` },
              { name: 'MODELSHIP_MODEL_DIGEST', value: manifest.digest },
              { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
              { name: 'MODELSHIP_MAX_BODY_BYTES', value: '10000000' },
            ],
            healthRoute: '/v2/health/ready',
            imageUri: 'europe-west4-docker.pkg.dev/project/runtime/runtime:1',
            ports: [{ containerPort: 8080 }],
            predictRoute: '/v1/models/iris:predict',
          },
          displayName: 'iris 1',
          versionDescription: manifest.digest,
        },
        modelId: 'iris-f1cb1598',
      },
      method: 'POST',
      output_attrs: ['name'],
      path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/models:upload`,
    },
    { provider: restfulProvider, dependsOn: [...uploads, rolesKnown], lifecycle: { createBeforeDestroy: true } },
  );
  const versionUploaded = new Resource(
    stack,
    'versionUploaded',
    'restful_resource',
    {
      body: {},
      create_method: 'POST',
      delete_method: 'DELETE',
      delete_path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/models/iris-f1cb1598`,
      output_attrs: ['id'],
      path: `/${versionUpload.interpolationForAttribute('output.name')}:wait`,
      poll_create: poll,
      poll_delete: poll,
      read_path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/models/iris-f1cb1598`,
    },
    { provider: restfulProvider, lifecycle: { createBeforeDestroy: true } },
  );
  const versionDeploy = new Resource(
    stack,
    'versionDeploy',
    'restful_operation',
    {
      body: {
        deployedModel: {
          dedicatedResources: {
            autoscalingMetricSpecs: [
              { metricName: 'aiplatform.googleapis.com/prediction/online/cpu/utilization', target: 60 },
            ],
            machineSpec: { machineType: 'e2-standard-4' },
            maxReplicaCount: 3,
            minReplicaCount: 1,
          },
          displayName: 'iris 1',
          enableAccessLogging: true,
          id: '4056618392',
          model: `projects/${modelshipGoogleClient.project}/locations/europe-west4/models/iris-f1cb1598`,
          serviceAccount: serviceAccount.email,
        },
      },
      method: 'POST',
      output_attrs: ['name'],
      path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}:deployModel`,
      precheck: [
        { mutex: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}` },
      ],
    },
    { provider: restfulProvider, dependsOn: [versionUploaded], lifecycle: { createBeforeDestroy: true } },
  );
  const versionDeployment = new Resource(
    stack,
    'versionDeployment',
    'restful_resource',
    {
      body: {},
      create_method: 'POST',
      delete_body: { deployedModelId: '4056618392' },
      delete_method: 'POST',
      delete_path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}:undeployModel`,
      output_attrs: ['id'],
      path: `/${versionDeploy.interpolationForAttribute('output.name')}:wait`,
      poll_create: poll,
      poll_delete: poll,
      precheck_delete: [
        { mutex: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}` },
      ],
      read_path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}`,
      read_selector: 'deployedModels.#(id=="4056618392")',
    },
    { provider: restfulProvider, lifecycle: { createBeforeDestroy: true } },
  );
  new Resource(
    stack,
    'traffic',
    'restful_operation',
    {
      body: { trafficSplit: { 4056618392: 100 } },
      delete_body: { trafficSplit: {} },
      delete_method: 'PATCH',
      delete_path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}`,
      method: 'PATCH',
      path: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}`,
      precheck: [
        { mutex: `/projects/${modelshipGoogleClient.project}/locations/europe-west4/endpoints/${endpoint.name}` },
      ],
      query: { updateMask: ['trafficSplit'] },
    },
    { provider: restfulProvider, dependsOn: [versionDeployment] },
  );
};
