// `paced-load.ts URL FILE RATE SECONDS` sends the request in FILE at a steady rate, and prints the latencies.
//
// A request that has to wait for a connection counts from when it was due: a server that stands still for a second has
// made all wait that came meanwhile, and not only those that it had accepted.
import { readFileSync } from 'node:fs';
import { Connection } from '../../lib/bench/connection.js';
import { percentile } from '../../lib/bench/load.js';
import type { PacedReport } from './paced.js';

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 1;

async function main(): Promise<void> {
  const [url, file, rate, seconds] = process.argv.slice(2) as [string, string, string, string];
  const request = readFileSync(file);
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(new URL(url))));
  await run(connections, request, Number(rate), WARM_UP_SECONDS);
  const since = performance.now();
  const latencies = await run(connections, request, Number(rate), Number(seconds));
  const elapsed = performance.now() - since;
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(latencies).sort();
  const report: PacedReport = {
    requestsPerSecond: (sorted.length * 1000) / elapsed,
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p99: percentile(sorted, 0.99),
  };
  console.log(JSON.stringify(report));
}

/** The latency of each request that was due within `seconds`. */
function run(connections: readonly Connection[], request: Buffer, rate: number, seconds: number): Promise<number[]> {
  const idle = [...connections];
  const latencies: number[] = [];
  const total = Math.floor(rate * seconds);
  const since = performance.now();
  const dueAt = (index: number) => since + (index * 1000) / rate;
  let next = 0;
  return new Promise((resolve, reject) => {
    const send = (connection: Connection, due: number): void => {
      connection.exchange(request).then((status) => {
        if (status !== 200) reject(new Error(`a request was answered with ${status}`));
        latencies.push(performance.now() - due);
        if (latencies.length === total) resolve(latencies);
        idle.push(connection);
        sendDue();
      }, reject);
    };
    const sendDue = (): void => {
      const now = performance.now();
      while (next < total && idle.length > 0 && dueAt(next) <= now) send(idle.pop()!, dueAt(next++));
    };
    // The process has its processor to itself: a timer would be late by up to a millisecond.
    const tick = (): void => {
      sendDue();
      if (next < total) setImmediate(tick);
    };
    tick();
  });
}

main();
