import { METRICS_PATH } from '@modelship/runtime/contract';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { Chart } from '../../../kubernetes/chart.js';
import { ModelWorkload } from '../../../kubernetes/model-workload.js';
import type { PodMetric } from '../../../kubernetes/model-workload-props.js';
import { QUEUE_DEPTH } from '../../../kubernetes/workload-metrics.js';
import type { ClusterAccess } from './cluster.js';

/** Namespaces of Managed Service for Prometheus's collectors: on Standard and on Autopilot. */
export const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

/** Options of {@link PodMonitoring}. */
export interface PodMonitoringOptions {
  /** Cluster that runs the workload. */
  readonly cluster: ClusterAccess;
  /** Workload whose pods are scraped. */
  readonly workload: ModelWorkload;
  /** Resources that must exist before the chart is installed. */
  readonly dependsOn: ITerraformDependable[];
}

/** `PodMonitoring` that makes Managed Service for Prometheus scrape the pods of a workload. */
export class PodMonitoring extends Chart {
  constructor(scope: Construct, id: string, { cluster, workload, dependsOn }: PodMonitoringOptions) {
    const { name, matchLabels } = workload;
    super(scope, id, {
      name: 'pod-monitoring',
      releaseName: `${name}-metrics`,
      namespace: workload.namespaceName,
      connection: cluster.connection,
      alias: cluster.alias,
      objects: {
        'pod-monitoring': {
          apiVersion: 'monitoring.googleapis.com/v1',
          kind: 'PodMonitoring',
          metadata: { name },
          spec: {
            selector: { matchLabels },
            endpoints: [{ port: ModelWorkload.metricsPortName, path: METRICS_PATH, interval: '30s' }],
          },
        },
      },
      dependsOn,
    });
  }
}

/** Returns the metric of the requests in a pod, as the Custom Metrics Stackdriver Adapter names those of Prometheus. */
export function concurrency(targetAverage: number): PodMetric {
  return { name: `prometheus.googleapis.com|${QUEUE_DEPTH}|gauge`, targetAverage };
}
