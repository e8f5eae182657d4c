import { Connection, type ConnectionTls } from './connection.js';

export interface LoadOptions {
  readonly url: URL;
  /** Returns encoded requests, which are sent in turn. They may change during the load, because credentials expire. */
  readonly requests: () => readonly Buffer[];
  /** Number of connections, each with one request in flight. */
  readonly connections: number;
  readonly seconds: number;
  /** Seconds of load before the measurement. */
  readonly warmUpSeconds: number;
  /** Options to verify the server of an HTTPS URL. @default - with the CA certificates of Node.js */
  readonly tls?: ConnectionTls;
  /** Ends the load early. The report then covers the requests measured so far. @default - the load runs its full time */
  readonly signal?: AbortSignal;
}

/** Results of a load. Latencies are in milliseconds. */
export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Number of unsuccessful responses by status. */
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
 * Keeps every connection busy for the given time: a closed loop, which measures the capacity of the server.
 *
 * @returns undefined if the load was ended before the first response of the measurement
 * @throws Error if a connection breaks
 */
export async function load(options: LoadOptions): Promise<LoadReport | undefined> {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => Connection.open(options.url, options.tls)),
  );
  try {
    await run(connections, options, options.warmUpSeconds);
    const since = performance.now();
    const { latencies, failures } = await run(connections, options, options.seconds);
    if (latencies.length === 0) return undefined;
    return report(latencies, failures, (performance.now() - since) / 1000);
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function run(connections: readonly Connection[], { requests, signal }: LoadOptions, seconds: number) {
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  let next = 0;
  const exchanges = connections.map(async (connection) => {
    let since = performance.now();
    while (since < until && !signal?.aborted) {
      const turn = requests();
      const status = await connection.exchange(turn[next++ % turn.length]!);
      const now = performance.now();
      latencies.push(now - since);
      if (status < 200 || status > 299) failures[status] = (failures[status] ?? 0) + 1;
      since = now;
    }
  });
  // An unresponsive server must not delay the end of the load.
  await Promise.race([Promise.all(exchanges), aborted(signal)]);
  return { latencies, failures };
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
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

/** Returns the percentile of the sorted, non-empty `values` at `share`, by the nearest-rank method. */
export function percentile(values: Float64Array, share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}
