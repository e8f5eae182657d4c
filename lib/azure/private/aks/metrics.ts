import type { MonitorAlertPrometheusRuleGroup } from '@cdktf/provider-azurerm/lib/monitor-alert-prometheus-rule-group';
import type { MonitorWorkspace } from '@cdktf/provider-azurerm/lib/monitor-workspace';
import { METRICS_PATH, POD_METRICS_PORT } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import {
  failureQuery,
  LATENCY_ADVICE,
  latencyQuery,
  REQUEST_SECONDS,
  REQUESTS_TOTAL,
  SERVER_ERROR,
  selector,
} from '../../../kubernetes/workload-metrics.js';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import type { PrometheusMetric } from '../../metric.js';
import type { AzureServingProps } from '../../props.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import type { ManagedCluster } from './cluster.js';

/** Namespaces in which the add-on runs its metrics collector. */
export const COLLECTOR_NAMESPACES = ['kube-system'];

/** Pod annotations for the add-on: whether to scrape a pod, and its metrics port and path. */
export const METRICS_ANNOTATIONS = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': `${POD_METRICS_PORT}`,
  'prometheus.io/path': METRICS_PATH,
};

const NAME_LENGTH = 44;
const STREAMS = ['Microsoft-PrometheusMetrics'];
const DESTINATION = 'workspace';

interface AksMetricsProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  readonly cluster: ManagedCluster;
  /** Namespace of the workload, which contains nothing else. */
  readonly namespace: string;
  readonly thresholds: AlarmThresholds;
}

/** Metrics of a workload's pods, scraped by the cluster's Prometheus add-on, and alerts on them. */
export class AksMetrics extends Construct {
  readonly workspace: MonitorWorkspace;
  readonly alerts: MonitorAlertPrometheusRuleGroup;

  constructor(scope: Construct, id: string, { placement, props, cluster, namespace, thresholds }: AksMetricsProps) {
    super(scope, id);
    const name = groupName(scope, NAME_LENGTH);
    this.workspace = new azurerm.MonitorWorkspace(this, 'Workspace', { ...placement.common, name });
    const endpoint = new azurerm.MonitorDataCollectionEndpoint(this, 'Endpoint', {
      ...placement.common,
      name,
      kind: 'Linux',
    });
    const rule = new azurerm.MonitorDataCollectionRule(this, 'Rule', {
      ...placement.common,
      name,
      kind: 'Linux',
      dataCollectionEndpointId: endpoint.id,
      dataSources: { prometheusForwarder: [{ name: 'prometheus', streams: STREAMS }] },
      dataFlow: [{ streams: STREAMS, destinations: [DESTINATION] }],
      destinations: { monitorAccount: [{ name: DESTINATION, monitorAccountId: this.workspace.id }] },
    });
    new azurerm.MonitorDataCollectionRuleAssociation(this, 'Association', {
      name,
      targetResourceId: cluster.cluster.id,
      dataCollectionRuleId: rule.id,
    });
    new kubernetes.ConfigMapV1(this, 'Settings', {
      provider: cluster.provider,
      // The add-on looks for this name.
      metadata: { name: 'ama-metrics-settings-configmap', namespace: COLLECTOR_NAMESPACES[0] },
      data: {
        'schema-version': 'v1',
        'config-version': 'v1',
        'pod-annotation-based-scraping': `podannotationnamespaceregex = "^${namespace}$"`,
      },
      dependsOn: cluster.prerequisites,
    });
    this.alerts = this.alert(placement, props, cluster.cluster.name, thresholds);
  }

  /** Counter of the requests. */
  get requests(): PrometheusMetric {
    return this.metric(REQUESTS_TOTAL, '1', '');
  }

  /** Counter of the requests that failed with a 5xx. */
  get errors(): PrometheusMetric {
    return this.metric(REQUESTS_TOTAL, '1', selector({ status: SERVER_ERROR }));
  }

  /** Histogram of the latency, in seconds. */
  get latency(): PrometheusMetric {
    return this.metric(`${REQUEST_SECONDS}_bucket`, 's', '');
  }

  /** The workspace has the metrics of this workload alone, so requests need no filter. */
  private metric(name: string, unit: string, filter: string): PrometheusMetric {
    return { name, namespace: 'Prometheus', filter, unit, workspaceId: this.workspace.id };
  }

  private alert(placement: Placement, props: AzureServingProps, clusterName: string, thresholds: AlarmThresholds) {
    const action = (props.alarmActions ?? []).map((actionGroupId) => ({ actionGroupId }));
    const rule = (alert: string, expression: string, description: string) => ({
      alert,
      expression,
      for: `PT${thresholds.minutes}M`,
      severity: 2,
      enabled: true,
      annotations: { description },
      alertResolution: { autoResolved: true, timeToResolve: 'PT10M' },
      ...(action.length > 0 ? { action } : {}),
    });
    return new azurerm.MonitorAlertPrometheusRuleGroup(this, 'Alerts', {
      ...placement.common,
      name: groupName(this, NAME_LENGTH),
      scopes: [this.workspace.id],
      clusterName,
      interval: 'PT1M',
      ruleGroupEnabled: true,
      rule: [
        rule(
          'Latency',
          `${latencyQuery({})} > ${thresholds.latencySeconds}`,
          `p99: ${thresholds.symptoms.latency} ${LATENCY_ADVICE}`,
        ),
        rule(
          'Failures',
          `${failureQuery({})} > ${thresholds.errorPercent / 100}`,
          `${thresholds.symptoms.errors} Container insights has the logs of the pods.`,
        ),
      ],
    });
  }
}
