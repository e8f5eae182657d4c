/** Upper bounds in seconds, from a small model's run to the longest request. */
const SECONDS_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const ROWS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** A distribution in fixed buckets. An observation costs a short search and two additions. */
class Histogram {
  private readonly counts: number[];
  private count = 0;
  private sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length).fill(0);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    for (let index = 0; index < this.bounds.length; index++) {
      if (value <= this.bounds[index]!) {
        this.counts[index]!++;
        return;
      }
    }
  }

  lines(name: string, labels: string): string[] {
    let cumulative = 0;
    const buckets = this.bounds.map((bound, index) => {
      cumulative += this.counts[index]!;
      return `${name}_bucket{${labels},le="${bound}"} ${cumulative}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.count}`,
      `${name}_sum{${labels}} ${this.sum}`,
      `${name}_count{${labels}} ${this.count}`,
    ];
  }
}

interface ModelMetrics {
  readonly runSeconds: Histogram;
  readonly runRows: Histogram;
}

/**
 * What the runtime counts, in Prometheus's text format. Counting happens on the way of every request, and so is plain
 * arithmetic; the text is made when somebody asks.
 */
export class RuntimeMetrics {
  private readonly requests = new Map<number, number>();
  private readonly requestSeconds = new Histogram(SECONDS_BUCKETS);
  private readonly models = new Map<string, ModelMetrics>();

  requestFinished(status: number, elapsedMs: number): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
    this.requestSeconds.observe(elapsedMs / 1000);
  }

  /** Counts the runs of one version of a model. */
  runObserver(model: string, version: string): (rows: number, requests: number, elapsedMs: number) => void {
    const metrics = { runSeconds: new Histogram(SECONDS_BUCKETS), runRows: new Histogram(ROWS_BUCKETS) };
    this.models.set(`model="${model}",version="${version}"`, metrics);
    return (rows, _requests, elapsedMs) => {
      metrics.runSeconds.observe(elapsedMs / 1000);
      metrics.runRows.observe(rows);
    };
  }

  /** Everything counted so far, in version 0.0.4 of the text format. */
  text(queueDepth: number): string {
    const lines = [
      '# HELP modelship_requests_total Requests answered, by HTTP status.',
      '# TYPE modelship_requests_total counter',
      ...[...this.requests].map(([status, count]) => `modelship_requests_total{status="${status}"} ${count}`),
      '# HELP modelship_request_seconds Time from the whole request to the whole answer.',
      '# TYPE modelship_request_seconds histogram',
      ...this.requestSeconds.lines('modelship_request_seconds', 'api="http"'),
      '# HELP modelship_queue_depth Requests that wait or run.',
      '# TYPE modelship_queue_depth gauge',
      `modelship_queue_depth ${queueDepth}`,
      '# HELP modelship_run_seconds Time of one run of a model.',
      '# TYPE modelship_run_seconds histogram',
      ...[...this.models].flatMap(([labels, { runSeconds }]) => runSeconds.lines('modelship_run_seconds', labels)),
      '# HELP modelship_run_rows Rows of one run of a model.',
      '# TYPE modelship_run_rows histogram',
      ...[...this.models].flatMap(([labels, { runRows }]) => runRows.lines('modelship_run_rows', labels)),
      '# HELP process_resident_memory_bytes Resident memory.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}
