import { MonitorAlertPrometheusRuleGroup } from '@cdktf/provider-azurerm/lib/monitor-alert-prometheus-rule-group';
import { MonitorMetricAlert } from '@cdktf/provider-azurerm/lib/monitor-metric-alert';
import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TerraformStack } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import type { AzureMetric } from '../../lib/azure/index.js';
import type { GoogleMetric } from '../../lib/gcp/index.js';
import { Access, type ModelEndpoint, ModelServer } from '../../lib/serving/index.js';
import { torchScript } from './aws/container-variants.js';
import { savedModel } from './aws/managed-endpoint-variants.js';
import { ENDPOINTS, synthesized } from './endpoints.js';
import { readSchema, schemaFaults } from './terraform/provider-schema.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

const FIGURES = ['metricRequests', 'metricErrors', 'metricLatency'] as const;

describe.each(Object.entries(ENDPOINTS))('%s', (_, make) => {
  const { endpoint, resolve } = make() as { endpoint: ModelEndpoint; resolve(value: string): string };

  test('has the members of ModelEndpoint', () => {
    expect(endpoint.model.name).toBe('iris');
    expect(resolve(endpoint.predictUrl).startsWith(resolve(endpoint.url))).toBe(true);
    expect(resolve(endpoint.predictCommand!)).toMatch(/^curl .*0,0,0,0.* '[^']+'$/);
    expect(endpoint.grantInvoke).toBeInstanceOf(Function);
    for (const figure of FIGURES) expect(endpoint[figure]()).toBeDefined();
  });

  test('has no secret in its command', () => {
    // Credentials come from a variable or from a command; nothing else stands after `-H "…:` or `--user`.
    for (const [, value] of resolve(endpoint.predictCommand!).matchAll(/(?:-H "[^:]*: |--user ")([^"]*)"/g)) {
      expect(value).toMatch(/^(Bearer )?\$[A-Z(]/);
    }
  });
});

test.each(['Lambda', 'ECS', 'SageMaker'] as const)('metrics of %s are metrics of CloudWatch', (name) => {
  const { endpoint } = ENDPOINTS[name]();
  for (const figure of FIGURES) expect(endpoint[figure]()).toBeInstanceOf(Metric);
  expect(endpoint.metricLatency({ statistic: 'p90' }).statistic).toBe('p90');
});

const AZURE = ['Functions', 'Container Apps', 'Azure ML'] as const;
const PROVIDERS = { azure: ['azurerm-4.55.0', 'azurerm-5.2.0'], google: ['google-6.50.0', 'google-7.45.0'] };

function expectValid(stack: TerraformStack, prefix: string, versions: readonly string[], type: string) {
  const { json } = synthesized(stack);
  const alerts = { json: { resource: { [type]: json.resource[type] } } };
  expect(Object.keys(json.resource[type])).toContain('Alert');
  for (const version of versions) expect(schemaFaults(alerts, prefix, readSchema(version))).toEqual([]);
  return json.resource[type].Alert;
}

describe.each(AZURE)('metrics of %s', (name) => {
  test.each(FIGURES)('%s is usable in an alert', (figure) => {
    const { endpoint, stack } = ENDPOINTS[name]();
    const metric: AzureMetric = endpoint[figure]();
    new MonitorMetricAlert(stack, 'Alert', {
      name: 'alert',
      resourceGroupName: 'models',
      scopes: [metric.resourceId],
      criteria: [
        {
          metricName: metric.name,
          metricNamespace: metric.namespace,
          dimension: metric.filter,
          aggregation: metric.aggregation,
          operator: 'GreaterThan',
          threshold: 1,
        },
      ],
    });
    const alert = expectValid(stack, 'azurerm', PROVIDERS.azure, 'azurerm_monitor_metric_alert');
    expect(alert.scopes[0]).toMatch(/^\$\{azapi_resource\.|^\$\{azurerm_/);
    expect(metric.unit).toMatch(/^(1|s|ms)$/);
  });
});

test.each(FIGURES)('%s of AKS is usable in a rule of PromQL', (figure) => {
  const { endpoint, stack } = ENDPOINTS.AKS();
  const { name, filter, workspaceId } = endpoint[figure]()!;
  new MonitorAlertPrometheusRuleGroup(stack, 'Alert', {
    name: 'rules',
    resourceGroupName: 'models',
    location: 'westeurope',
    scopes: [workspaceId],
    rule: [{ expression: `sum(rate(${name}${filter}[5m])) > 1` }],
  });
  const group = expectValid(stack, 'azurerm', PROVIDERS.azure, 'azurerm_monitor_alert_prometheus_rule_group');
  expect(group.scopes[0]).toMatch(/^\$\{azurerm_monitor_workspace\./);
});

describe.each(['Cloud Run', 'GKE', 'Vertex AI'] as const)('metrics of %s', (name) => {
  test.each(FIGURES)('%s is usable in an alert', (figure) => {
    const { endpoint, stack } = ENDPOINTS[name]();
    const metric: GoogleMetric = endpoint[figure]()!;
    new MonitoringAlertPolicy(stack, 'Alert', {
      displayName: 'alert',
      combiner: 'OR',
      conditions: [
        {
          displayName: 'alert',
          conditionThreshold: {
            filter: metric.filter,
            aggregations: [
              { alignmentPeriod: '60s', perSeriesAligner: metric.aligner, crossSeriesReducer: metric.reducer },
            ],
            comparison: 'COMPARISON_GT',
            thresholdValue: 1,
            duration: '300s',
          },
        },
      ],
    });
    expectValid(stack, 'google', PROVIDERS.google, 'google_monitoring_alert_policy');
    // A threshold condition needs the type of the metric and of the resource.
    expect(metric.filter).toContain(`metric.type="${metric.namespace}/${metric.name}"`);
    expect(metric.filter).toContain('resource.type="');
    expect(metric.unit).toMatch(/^(1|s|ms)$/);
  });
});

test('what reports no metrics of requests has none', () => {
  const aks = ENDPOINTS.AKS({ server: ModelServer.triton(), access: Access.anonymous(), image: undefined });
  const gke = ENDPOINTS.GKE({ server: ModelServer.triton(), image: undefined });
  for (const figure of FIGURES) {
    expect(aks.endpoint[figure]()).toBeUndefined();
    expect(gke.endpoint[figure]()).toBeUndefined();
  }
});

describe('the command for another server', () => {
  test('is in the format of that server', () => {
    const triton = ENDPOINTS.ECS({ server: ModelServer.triton(), image: undefined });
    expect(triton.resolve(triton.endpoint.predictCommand!)).toMatch(/"inputs":.*v2\/models\/iris\/infer'$/);
    const flow = ENDPOINTS['Azure ML']({
      server: ModelServer.tensorflowServing(),
      model: savedModel,
      image: undefined,
    });
    expect(flow.resolve(flow.endpoint.predictCommand!)).toMatch(/"instances":.*:predict'$/);
  });

  test('does not exist where the format is unknown', () => {
    const server = ModelServer.torchServe();
    const { endpoint } = ENDPOINTS.GKE({ server, model: torchScript, image: undefined });
    expect(endpoint.predictCommand).toBeUndefined();
  });
});

test.each([
  ['Functions', Access.apiKey(), '-H "x-functions-key: $API_KEY"'],
  ['Azure ML', Access.apiKey(), '-H "Authorization: Bearer $API_KEY"'],
  ['Functions', Access.anonymous(), ''],
  ['Cloud Run', Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] }), '-H "Authorization: Bearer $TOKEN"'],
  ['AKS', Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] }), '-H "Authorization: Bearer $TOKEN"'],
  ['ECS', Access.anonymous(), ''],
  [
    'Azure ML',
    Access.cloudIdentity(),
    '-H "Authorization: Bearer $(az account get-access-token --resource https://ml.azure.com ',
  ],
  ['Cloud Run', Access.cloudIdentity(), '-H "Authorization: Bearer $(gcloud auth print-identity-token)"'],
  ['Vertex AI', Access.cloudIdentity(), '-H "Authorization: Bearer $(gcloud auth print-access-token)"'],
] as const)('the command for %s with $kind sends the credential of the access', (name, access, credential) => {
  const { endpoint, resolve } = ENDPOINTS[name]({ access });
  expect(resolve(endpoint.predictCommand!).startsWith(`curl ${credential}`)).toBe(true);
});
