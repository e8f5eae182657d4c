import { LiveTraffic, type LiveTrafficData } from '../drift/live-traffic.js';
import { InferenceError, type StatusCode } from '../tensor/errors.js';
import { exponentialBuckets, Histogram, type HistogramData, SECONDS_BUCKETS } from './histogram.js';
import type { ApiCall, ModelTotalsData } from './model-totals.js';
import type { Run, SchedulerObserver } from './scheduler-observer.js';

const ROWS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Bucket bounds of TensorFlow Serving in microseconds, from 10 us to about 20 minutes. */
const LATENCY_BUCKETS = exponentialBuckets(10, 1.8, 33);

/** Bucket bounds of TensorFlow Serving in examples. */
const EXAMPLES_BUCKETS = exponentialBuckets(1, 2, 14);

/**
 * Maximum number of batch sizes counted separately. Callers choose the sizes, so without a limit they could fill the
 * memory.
 */
const MAX_SIZES = 128;

/** What happened to a request that was drawn for capture. */
export type CaptureResult = 'written' | 'dropped' | 'failed';

/** Runs of one batch size. */
interface SizeMetrics {
  runs: number;
  elapsedMs: number;
}

/** Content of `ModelMetrics`, as it is sent between processes. */
export interface ModelMetricsData extends ModelTotalsData {
  readonly runRows: HistogramData;
  readonly succeeded: ModelMetrics['succeeded'];
  readonly failed: ModelMetrics['failed'];
  readonly sizes: ReadonlyMap<number, SizeMetrics>;
  readonly differingSamples: number;
  readonly outsideValues: ReadonlyMap<string, number>;
  readonly captured: ReadonlyMap<CaptureResult, number>;
  readonly liveTraffic?: LiveTrafficData | undefined;
}

/** Metrics of one model version. They are updated for each request, so updates use plain arithmetic only. */
export class ModelMetrics implements SchedulerObserver {
  readonly queueSeconds = new Histogram(SECONDS_BUCKETS);
  readonly runSeconds = new Histogram(SECONDS_BUCKETS);
  readonly runRows = new Histogram(ROWS_BUCKETS);
  readonly examples = new Histogram(EXAMPLES_BUCKETS);
  /** Number of calls by status, including calls that could not be parsed. */
  readonly inferences = new Map<StatusCode | 'OK', number>([['OK', 0]]);
  readonly latencies = new Map<ApiCall, Histogram>();
  readonly succeeded = { runs: 0, rows: 0, requests: 0, queuedMs: 0, elapsedMs: 0, lastAt: 0 };
  readonly failed = { requests: 0, elapsedMs: 0 };
  readonly sizes = new Map<number, SizeMetrics>();
  /** Number of made-up samples that got another response at the start than when the model was packed. */
  differingSamples = 0;
  /** Number of values that the reference data does not have, by column. */
  readonly outsideValues = new Map<string, number>();
  /** Number of requests that were drawn for capture. */
  readonly captured = new Map<CaptureResult, number>();
  /** Distributions of the inputs. @default - the package has no reference data */
  liveTraffic: LiveTraffic | undefined;

  /** Returns the sum of the metrics of one version in several processes. There must be at least one. */
  static merged(parts: readonly ModelMetricsData[]): ModelMetrics {
    const all = new ModelMetrics();
    for (const part of parts) all.add(part);
    return all;
  }

  /** Adds the metrics of the same version in another process or thread. */
  add({
    succeeded,
    failed,
    sizes,
    inferences,
    latencies,
    differingSamples,
    outsideValues,
    captured,
    liveTraffic,
    ...histograms
  }: ModelMetricsData): void {
    this.queueSeconds.add(histograms.queueSeconds);
    this.runSeconds.add(histograms.runSeconds);
    this.runRows.add(histograms.runRows);
    this.examples.add(histograms.examples);
    for (const [code, count] of inferences) this.inferences.set(code, (this.inferences.get(code) ?? 0) + count);
    if (liveTraffic) {
      this.liveTraffic ??= new LiveTraffic(liveTraffic.reference, liveTraffic.halfMs);
      this.liveTraffic.add(liveTraffic);
    }
    for (const [column, count] of outsideValues) this.countOutside(column, count);
    for (const [result, count] of captured) this.countCaptured(result, count);
    for (const [call, latency] of latencies) this.latencyOf(call).add(latency);
    const { lastAt } = this.succeeded;
    addTo(this.succeeded, succeeded);
    this.succeeded.lastAt = Math.max(lastAt, succeeded.lastAt);
    addTo(this.failed, failed);
    // Each process runs the same samples.
    this.differingSamples = Math.max(this.differingSamples, differingSamples);
    for (const [rows, size] of sizes) {
      const known = this.sizes.get(rows) ?? { runs: 0, elapsedMs: 0 };
      addTo(known, size);
      this.sizes.set(rows, known);
    }
  }

  /** Counts a call that succeeded or failed with `error`. */
  ended(error?: unknown): void {
    const code = error === undefined ? 'OK' : error instanceof InferenceError ? error.code : 'INTERNAL';
    this.inferences.set(code, (this.inferences.get(code) ?? 0) + 1);
  }

  /** Counts values of a column that the reference data does not have. @returns whether they are the first */
  countOutside(column: string, count = 1): boolean {
    const before = this.outsideValues.get(column) ?? 0;
    this.outsideValues.set(column, before + count);
    return before === 0;
  }

  /** Counts requests that were drawn for capture. */
  countCaptured(result: CaptureResult, requests: number): void {
    this.captured.set(result, (this.captured.get(result) ?? 0) + requests);
  }

  started(queuedMs: number): void {
    this.queueSeconds.observe(queuedMs / 1000);
  }

  ran({ rows, requests, queuedMs, elapsedMs, succeeded }: Run): void {
    this.runSeconds.observe(elapsedMs / 1000);
    this.runRows.observe(rows);
    if (!succeeded) {
      this.failed.requests += requests;
      this.failed.elapsedMs += queuedMs + requests * elapsedMs;
      return;
    }
    const totals = this.succeeded;
    totals.runs++;
    totals.rows += rows;
    totals.requests += requests;
    totals.queuedMs += queuedMs;
    totals.elapsedMs += requests * elapsedMs;
    totals.lastAt = Date.now();
    const size = this.sizes.get(rows);
    if (size) {
      size.runs++;
      size.elapsedMs += elapsedMs;
    } else if (this.sizes.size < MAX_SIZES) this.sizes.set(rows, { runs: 1, elapsedMs });
  }

  /** Returns the latency histogram of an API call, in microseconds. */
  latencyOf(call: ApiCall): Histogram {
    let histogram = this.latencies.get(call);
    if (!histogram) {
      histogram = new Histogram(LATENCY_BUCKETS);
      this.latencies.set(call, histogram);
    }
    return histogram;
  }
}

/** Adds each number of `more` to the number of the same name. */
function addTo<T extends Record<keyof T, number>>(sums: T, more: Readonly<T>): void {
  for (const name in sums) (sums as Record<keyof T, number>)[name] += more[name];
}
