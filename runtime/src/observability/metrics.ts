import type { ReferencePerformance } from '../drift/columns.js';
import type { PerformanceEstimate } from '../drift/performance.js';
import type { StatusCode } from '../tensor/errors.js';
import { Exposition, type Family } from './exposition.js';
import { Histogram, type HistogramData, SECONDS_BUCKETS } from './histogram.js';
import { ModelMetrics, type ModelMetricsData } from './model-metrics.js';
import { type ModelTotals, type ModelTotalsData, totalsOf } from './model-totals.js';

/** Version of a model whose metrics are exported. */
export interface MeasuredModel {
  readonly name: string;
  readonly version: string;
  readonly metrics: ModelMetrics;
}

/** Metrics of the requests received over HTTP or over gRPC. */
class ApiMetrics {
  readonly requests = new Map<string, number>();
  readonly seconds = new Histogram(SECONDS_BUCKETS);

  /** Adds the metrics of another process. */
  add({ requests, seconds }: ApiMetricsData): void {
    for (const [status, count] of requests) this.requests.set(status, (this.requests.get(status) ?? 0) + count);
    this.seconds.add(seconds);
  }

  count(status: string): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
  }

  finished(status: string, elapsedMs: number): void {
    this.count(status);
    this.seconds.observe(elapsedMs / 1000);
  }
}

interface ApiMetricsData {
  readonly requests: ReadonlyMap<string, number>;
  readonly seconds: HistogramData;
}

/** Content of `RuntimeMetrics`, as it is sent between processes. */
export interface RuntimeMetricsData {
  readonly http: ApiMetricsData;
  readonly grpc: ApiMetricsData;
  /** Metrics of each served version, each once. */
  readonly versions: readonly { readonly name: string; readonly version: string; readonly metrics: ModelMetricsData }[];
  /** Totals of versions that are no longer served, by the name of a model that is still served. */
  readonly gone: ReadonlyMap<string, ModelTotalsData>;
}

/** Metrics of a process itself. */
export interface ProcessFigures {
  /** Number of requests that wait or run. */
  readonly queueDepth: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Start of the process, in seconds since the epoch. */
  readonly startSeconds: number;
}

/** Returns the metrics of this process itself. */
export function processFigures(queueDepth: number): ProcessFigures {
  const { user, system } = process.cpuUsage();
  return {
    queueDepth,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    startSeconds: performance.timeOrigin / 1000,
  };
}

/** Metrics of a server at one moment. */
export interface Measurement {
  readonly metrics: RuntimeMetrics;
  readonly figures: ProcessFigures;
}

/** Metrics exported at `/metrics`; docs/metrics.md describes each. */
const FAMILIES = {
  requests: family('modelship_requests_total', 'counter', 'Requests answered, by status.'),
  requestSeconds: family(
    'modelship_request_seconds',
    'histogram',
    'Time from the complete request to the complete response.',
  ),
  queueDepth: family('modelship_queue_depth', 'gauge', 'Requests queued or running.'),
  inferences: family('modelship_inferences_total', 'counter', 'Model calls, by outcome.'),
  queueSeconds: family('modelship_queue_seconds', 'histogram', 'Time that a call was queued.'),
  runSeconds: family('modelship_run_seconds', 'histogram', 'Duration of one run of a model.'),
  runRows: family('modelship_run_rows', 'histogram', 'Rows in one run of a model.'),
  differingSamples: family(
    'modelship_differing_samples',
    'gauge',
    'Made-up samples with another response than when the model was packed.',
  ),
  outsideValues: family(
    'modelship_outside_values_total',
    'counter',
    'Values of requests that the reference data does not have, by column.',
  ),
  captured: family(
    'modelship_captured_requests_total',
    'counter',
    'Requests drawn for capture: written, dropped because too large or too many, or failed to be written.',
  ),
  drift: family('modelship_drift', 'gauge', 'Distance of the inputs in the window from the reference data, by column.'),
  driftRows: family('modelship_drift_rows', 'gauge', 'Rows in the window that drift is computed from.'),
  estimate: family(
    'modelship_estimated_performance',
    'gauge',
    'Performance in the window, estimated without labels. It assumes that only inputs have changed, and not how labels depend on them (covariate shift).',
  ),
  estimateError: family(
    'modelship_estimated_performance_error',
    'gauge',
    'Standard error of the estimated accuracy that comes from the number of rows in the reference data.',
  ),
  coverage: family(
    'modelship_estimated_performance_coverage',
    'gauge',
    'Share of the window inside the reference data. The performance is not estimated if the data covers too little or has too few rows.',
  ),
  referencePerformance: family(
    'modelship_reference_performance',
    'gauge',
    'Performance in the reference data of the package, which has labels.',
  ),
  memory: family('process_resident_memory_bytes', 'gauge', 'Resident memory.'),
  cpu: family('process_cpu_seconds_total', 'counter', 'User and system CPU time.'),
  start: family('process_start_time_seconds', 'gauge', 'Start of the process since the epoch.'),
} as const;

/**
 * Metrics of the runtime. The number of series is bounded, because labels are only names of loaded models and statuses
 * that the runtime returns.
 */
export class RuntimeMetrics {
  private readonly http = new ApiMetrics();
  private readonly grpc = new ApiMetrics();
  private readonly measured = new Set<MeasuredModel>();
  /** Totals of retired versions, by the name of a model that is still served. */
  private readonly retiredTotals = new Map<string, ModelTotals>();

  /**
   * Returns the sum of the metrics of several processes.
   *
   * @param ended metrics of processes that have exited. They count only for models that a process of `parts` serves.
   */
  static merged(parts: readonly RuntimeMetricsData[], ended: readonly RuntimeMetricsData[] = []): RuntimeMetrics {
    const sum = new RuntimeMetrics();
    const versions = new Map<string, { readonly name: string; readonly version: string; parts: ModelMetricsData[] }>();
    const served = new Set<string>();
    for (const [index, { http, grpc, versions: own, gone }] of [...parts, ...ended].entries()) {
      sum.http.add(http);
      sum.grpc.add(grpc);
      for (const { name, version, metrics } of own) {
        const key = `${name}/${version}`;
        if (index < parts.length) served.add(key);
        const known = versions.get(key);
        if (known) known.parts.push(metrics);
        else versions.set(key, { name, version, parts: [metrics] });
      }
      for (const [name, totals] of gone) sum.retiredTotals.set(name, totalsOf([...sum.goneOf(name), totals]));
    }
    const all = [...versions].map(([key, { name, version, parts: each }]) => {
      const model = { name, version, metrics: ModelMetrics.merged(each) };
      sum.add(model);
      return { key, model };
    });
    for (const { key, model } of all) if (!served.has(key)) sum.remove(model);
    return sum;
  }

  /** Returns the metrics as plain data, for another process. */
  data(): RuntimeMetricsData {
    const { models, http, grpc } = this;
    const gone = new Map<string, ModelTotals>(this.retiredTotals);
    for (const { name, metrics } of [...this.measured].filter((each) => !models.includes(each))) {
      const totals = gone.get(name);
      gone.set(name, totalsOf(totals ? [totals, metrics] : [metrics]));
    }
    return { http, grpc, gone, versions: models.map(({ name, version, metrics }) => ({ name, version, metrics })) };
  }

  requestFinished(status: number, elapsedMs: number): void {
    this.http.finished(String(status), elapsedMs);
  }

  /**
   * Counts a request that was rejected before it was complete. Its duration is not recorded, because it would be
   * meaningless.
   */
  requestRefused(status: number): void {
    this.http.count(String(status));
  }

  callFinished(code: StatusCode | 'OK', elapsedMs: number): void {
    this.grpc.finished(code, elapsedMs);
  }

  /**
   * Counts a call that was rejected before its message was read. Its duration is not recorded, because it would be
   * meaningless.
   */
  callRefused(code: StatusCode): void {
    this.grpc.count(code);
  }

  /** Starts to export the metrics of a model version. */
  add(model: MeasuredModel): void {
    this.measured.add(model);
  }

  /**
   * Stops exporting the metrics of a retired model version. Its totals are kept while other versions of the model are
   * served.
   */
  remove(model: MeasuredModel): void {
    if (!this.measured.delete(model)) return;
    const { name, metrics } = model;
    const isServed = [...this.measured].some((each) => each.name === name);
    if (isServed) this.retiredTotals.set(name, totalsOf([...this.goneOf(name), metrics]));
    else this.retiredTotals.delete(name);
  }

  /**
   * Model versions with exported metrics, each once. While a package replaces another of the same version, this is the
   * newer one.
   */
  get models(): readonly MeasuredModel[] {
    return [...new Map([...this.measured].map((model) => [`${model.name}/${model.version}`, model])).values()];
  }

  /**
   * Totals of each model by name, summed over all its versions. The sums never decrease while the model is served, even
   * when versions are replaced.
   */
  get totals(): ReadonlyMap<string, ModelTotals> {
    const parts = new Map<string, ModelTotals[]>();
    for (const { name, metrics } of this.measured) {
      const known = parts.get(name);
      if (known) known.push(metrics);
      else parts.set(name, [...this.goneOf(name), metrics]);
    }
    return new Map([...parts].map(([name, all]) => [name, totalsOf(all)]));
  }

  private goneOf(name: string): readonly ModelTotals[] {
    const totals = this.retiredTotals.get(name);
    return totals ? [totals] : [];
  }

  /** Returns all metrics in Prometheus's text format. */
  text({ queueDepth, residentBytes, cpuSeconds, startSeconds }: ProcessFigures): string {
    const page = new Exposition();
    const apis = [
      ['http', this.http],
      ['grpc', this.grpc],
    ] as const;
    page.family(FAMILIES.requests);
    for (const [api, { requests }] of apis) {
      for (const [status, count] of requests) page.value(FAMILIES.requests.name, { api, status }, count);
    }
    page.family(FAMILIES.requestSeconds);
    for (const [api, { seconds }] of apis) page.histogram(FAMILIES.requestSeconds.name, { api }, seconds);
    page.family(FAMILIES.queueDepth);
    page.value(FAMILIES.queueDepth.name, {}, queueDepth);
    page.family(FAMILIES.inferences);
    for (const { name, version, metrics } of this.models) {
      for (const [code, count] of metrics.inferences) {
        page.value(FAMILIES.inferences.name, { model: name, version, code }, count);
      }
    }
    for (const which of ['queueSeconds', 'runSeconds', 'runRows'] as const) {
      page.family(FAMILIES[which]);
      for (const { name, version, metrics } of this.models) {
        page.histogram(FAMILIES[which].name, { model: name, version }, metrics[which]);
      }
    }
    page.family(FAMILIES.differingSamples);
    for (const { name, version, metrics } of this.models) {
      page.value(FAMILIES.differingSamples.name, { model: name, version }, metrics.differingSamples);
    }
    this.writeReferenceMetrics(page);
    const captured = this.models.filter(({ metrics }) => metrics.captured.size > 0);
    if (captured.length > 0) page.family(FAMILIES.captured);
    for (const { name, version, metrics } of captured) {
      for (const [result, count] of metrics.captured) {
        page.value(FAMILIES.captured.name, { model: name, version, result }, count);
      }
    }
    page.family(FAMILIES.memory);
    page.value(FAMILIES.memory.name, {}, residentBytes);
    page.family(FAMILIES.cpu);
    page.value(FAMILIES.cpu.name, {}, cpuSeconds);
    page.family(FAMILIES.start);
    page.value(FAMILIES.start.name, {}, startSeconds);
    return page.text();
  }

  /** Adds the metrics that only models with reference data have. */
  private writeReferenceMetrics(page: Exposition): void {
    const referenced = this.models.flatMap(({ name, version, metrics }) =>
      metrics.liveTraffic ? [{ labels: { model: name, version }, drift: metrics.liveTraffic.report(), metrics }] : [],
    );
    if (referenced.length === 0) return;
    page.family(FAMILIES.drift);
    for (const { labels, drift } of referenced) {
      for (const { column, measures } of drift.columns) {
        for (const [measure, distance] of Object.entries(measures)) {
          page.value(FAMILIES.drift.name, { ...labels, column, measure }, distance);
        }
      }
    }
    page.family(FAMILIES.driftRows);
    for (const { labels, drift } of referenced) page.value(FAMILIES.driftRows.name, labels, drift.rows);
    page.family(FAMILIES.outsideValues);
    for (const { labels, metrics } of referenced) {
      for (const [column, count] of metrics.outsideValues) {
        page.value(FAMILIES.outsideValues.name, { ...labels, column }, count);
      }
    }
    const labelled = referenced.flatMap(({ labels, drift: { performance }, metrics }) => {
      const reference = metrics.liveTraffic?.reference.performance;
      return reference ? [{ labels, reference, performance }] : [];
    });
    if (labelled.length > 0) writePerformance(page, labelled);
  }
}

/** Performance of a version. */
interface LabelledPerformance {
  readonly labels: Readonly<Record<string, string>>;
  readonly reference: ReferencePerformance;
  /** @default - the window has too few rows */
  readonly performance: PerformanceEstimate | undefined;
}

/** Adds the metrics that only classifiers with labels in their reference data have. */
function writePerformance(page: Exposition, versions: readonly LabelledPerformance[]): void {
  page.family(FAMILIES.estimate);
  for (const { labels, performance } of versions) {
    for (const [measure, value] of Object.entries(performance?.measures ?? {})) {
      page.value(FAMILIES.estimate.name, { ...labels, measure }, value);
    }
  }
  page.family(FAMILIES.estimateError);
  for (const { labels, performance } of versions) {
    if (performance) page.value(FAMILIES.estimateError.name, labels, performance.error);
  }
  page.family(FAMILIES.coverage);
  for (const { labels, performance } of versions) {
    if (performance) page.value(FAMILIES.coverage.name, labels, performance.coverage);
  }
  page.family(FAMILIES.referencePerformance);
  for (const { labels, reference } of versions) {
    for (const [measure, value] of Object.entries(reference.measures)) {
      page.value(FAMILIES.referencePerformance.name, { ...labels, measure }, value);
    }
  }
}

function family(name: string, type: Family['type'], help: string): Family {
  return { name, type, help };
}
