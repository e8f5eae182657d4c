import { CONTAINER_APP_LINES, type RequestMetric, type Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.App/jobs';

/** Metric of the failed executions of a job: https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-app-jobs-metrics */
export const FAILED_EXECUTIONS: RequestMetric = {
  title: 'Failed executions',
  namespace: NAMESPACE,
  name: 'Executions',
  aggregation: 'Total',
  unit: '1',
  only: { dimension: 'state', values: ['Failed'] },
};

/** Returns the metrics and the alert of a job. */
export function jobTelemetry(): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    lines: CONTAINER_APP_LINES,
    metrics: [FAILED_EXECUTIONS],
    alarms: [
      {
        id: 'Failures',
        metric: FAILED_EXECUTIONS,
        threshold: 0,
        description: 'A batch failed or timed out. The output container holds the failed rows and their causes.',
      },
    ],
  };
}
