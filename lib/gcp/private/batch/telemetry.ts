import type { Alarm, Metric } from '../shared/telemetry.js';

const TYPE = 'run.googleapis.com/job/completed_execution_count';

/** Metric, alarm and log filter of a job. */
export interface JobTelemetry {
  readonly metricType: string;
  readonly failed: Metric;
  readonly alarm: Alarm;
  readonly logFilter: string;
}

/** Creates the metric of failed executions, its alarm and the filter of the logs of a Cloud Run job. */
export function jobTelemetry(jobName: string): JobTelemetry {
  const resource = `resource.type="cloud_run_job" AND resource.labels.job_name="${jobName}"`;
  const failed: Metric = {
    title: 'Failed executions',
    filter: `${resource} AND metric.type="${TYPE}" AND metric.labels.result="failed"`,
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
  };
  return {
    metricType: TYPE,
    failed,
    logFilter: resource,
    alarm: {
      id: 'Failures',
      metric: failed,
      threshold: 0,
      minutes: 0,
      documentation: 'A batch failed or timed out. The output bucket holds the failed rows and their causes.',
    },
  };
}
