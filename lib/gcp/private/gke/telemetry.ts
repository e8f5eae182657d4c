import {
  LATENCY_ADVICE,
  latencyQuery,
  REQUEST_SECONDS,
  REQUESTS_TOTAL,
  SERVER_ERROR,
} from '../../../kubernetes/workload-metrics.js';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { GoogleMetric, RequestMetrics } from '../../metric.js';
import { googleMetric, type Metric, type TelemetryOptions } from '../shared/telemetry.js';

/** Workload to monitor. */
export interface GkeWatched {
  readonly clusterName: string;
  readonly namespace: string;
  /** Name of the serving container. */
  readonly containerName: string;
  /** Whether the server is Modelship's own runtime. */
  readonly own: boolean;
  /** Whether the cluster's collector scrapes the metrics of Modelship's runtime. */
  readonly isWatched: boolean;
  readonly thresholds: AlarmThresholds;
}

/** Creates the metrics and alarms of a workload on GKE. The runtime's logs and metrics cover errors and latency. */
export function gkeTelemetry({
  clusterName,
  namespace,
  containerName,
  own,
  isWatched,
  thresholds,
}: GkeWatched): TelemetryOptions & { readonly requestMetrics?: RequestMetrics } {
  const { minutes, saturationPercent, symptoms } = thresholds;
  const resource =
    `resource.type="k8s_container" AND resource.labels.cluster_name="${clusterName}" AND ` +
    `resource.labels.namespace_name="${namespace}" AND ` +
    `resource.labels.container_name="${containerName}"`;
  const metric = (title: string, type: string, aligner: string, reducer: string, more = ''): Metric => ({
    title,
    filter: `${resource} AND metric.type="kubernetes.io/container/${type}"${more}`,
    aligner,
    reducer,
  });
  const cpu = metric('CPU in use', 'cpu/limit_utilization', 'ALIGN_MEAN', 'REDUCE_MEAN');
  const memory = metric(
    'Memory in use',
    'memory/limit_utilization',
    'ALIGN_MAX',
    'REDUCE_MAX',
    ' AND metric.labels.memory_type="non-evictable"',
  );
  const restarts = metric('Restarts', 'restart_count', 'ALIGN_DELTA', 'REDUCE_SUM');
  return {
    requestMetrics: isWatched ? requestMetrics(clusterName, namespace) : undefined,
    logFilter: resource,
    resourceType: 'k8s_container',
    metrics: [cpu, memory, restarts],
    queryAlarms: isWatched
      ? [
          {
            id: 'Latency',
            title: 'Latency, 99th percentile (s)',
            query: latencyQuery({ cluster: clusterName, namespace }),
            threshold: thresholds.latencySeconds,
            minutes,
            documentation: `p99: ${symptoms.latency} ${LATENCY_ADVICE}`,
          },
        ]
      : [],
    // Other servers log everything to standard error, which Cloud Logging classifies as errors.
    errorLogAlarm: own
      ? {
          threshold: 5,
          minutes: 5,
          documentation: 'The runtime logged more than 5 errors a minute for 5 minutes. Read them in Cloud Logging.',
        }
      : undefined,
    alarms: [
      {
        id: 'Restarts',
        metric: restarts,
        threshold: 0,
        minutes: 1,
        documentation: 'A pod was restarted: it crashed, ran out of memory or did not answer its liveness probe.',
      },
      {
        id: 'Cpu',
        metric: cpu,
        threshold: saturationPercent / 100,
        minutes,
        documentation: `CPU of the pods above ${saturationPercent} % for ${minutes} minutes, so requests wait. Raise \`maxReplicas\` or \`cpu\`.`,
      },
      {
        id: 'Memory',
        metric: memory,
        threshold: saturationPercent / 100,
        minutes,
        documentation: `Pods use more than ${saturationPercent} % of their memory, and are killed at 100 %. Raise \`memoryMib\`.`,
      },
    ],
  };
}

/** Metrics of the runtime that Managed Service for Prometheus collects. */
function requestMetrics(clusterName: string, namespace: string): RequestMetrics {
  const metric = (name: string, unit: string, aligner: string, reducer: string, more = ''): GoogleMetric => {
    const type = `prometheus.googleapis.com/${name}`;
    const filter =
      `resource.type="prometheus_target" AND resource.labels.cluster="${clusterName}" AND ` +
      `resource.labels.namespace="${namespace}" AND metric.type="${type}"${more}`;
    return googleMetric(type, unit, { filter, aligner, reducer });
  };
  const counter = `${REQUESTS_TOTAL}/counter`;
  const failed = ` AND metric.labels.status=monitoring.regex.full_match("${SERVER_ERROR.source}")`;
  return {
    requests: metric(counter, '1', 'ALIGN_RATE', 'REDUCE_SUM'),
    errors: metric(counter, '1', 'ALIGN_RATE', 'REDUCE_SUM', failed),
    latency: metric(`${REQUEST_SECONDS}/histogram`, 's', 'ALIGN_PERCENTILE_99', 'REDUCE_MAX'),
  };
}
