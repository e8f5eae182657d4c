import { Connection } from './connection.js';
import { percentile } from './percentile.js';

export interface LoadOptions {
  readonly url: URL;
  /** Whole requests, sent in turn. */
  readonly requests: readonly Buffer[];
  /** Connections, each with one request under way. */
  readonly connections: number;
  readonly seconds: number;
  /** Seconds of load before the measurement. */
  readonly warmUpSeconds: number;
}

/** What a load found. Latencies are in milliseconds. */
export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Answers that were no success, by status. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latency: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
}

/**
 * Keeps every connection busy for the time given: a closed loop, which finds the capacity of the server.
 *
 * @throws Error if a connection breaks
 */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => Connection.open(options.url)),
  );
  try {
    await run(connections, options.requests, options.warmUpSeconds);
    const since = performance.now();
    const { latencies, failures } = await run(connections, options.requests, options.seconds);
    return report(latencies, failures, (performance.now() - since) / 1000);
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function run(connections: readonly Connection[], requests: readonly Buffer[], seconds: number) {
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      let since = performance.now();
      while (since < until) {
        const status = await connection.exchange(requests[next++ % requests.length]!);
        const now = performance.now();
        latencies.push(now - since);
        if (status < 200 || status > 299) failures[status] = (failures[status] ?? 0) + 1;
        since = now;
      }
    }),
  );
  return { latencies, failures };
}

function report(latencies: readonly number[], failures: Record<string, number>, seconds: number): LoadReport {
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: sorted.length,
    seconds,
    requestsPerSecond: sorted.length / seconds,
    failures,
    latency: {
      mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      max: sorted.at(-1)!,
    },
  };
}
