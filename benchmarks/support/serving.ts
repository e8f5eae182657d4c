import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Side } from './pairs.js';
import type { Post } from './posts.js';
import { freePort, processorSeconds, SERVER_CPU, start, stop, untilAnswered } from './process.js';
import type { ServerFactory } from './servers.js';
import type { Settings } from './settings.js';
import { type Load, type LoadReport, loadReport } from './wrk.js';

/** A server that is measured, and what it is asked. */
export interface Served {
  readonly factory: ServerFactory;
  readonly modelPackage: string;
  readonly post: Post;
  /** Whether it may use the processor of the load, too. @default false */
  readonly everywhere?: boolean;
}

/** A load with one that is not counted before it. */
type WarmLoad = Load & Pick<Settings, 'warmUpSeconds' | 'byProcessorTime'>;

/** Answers a second of a server that is warm. */
export function throughputSide(name: string, served: Served, load: WarmLoad): Side {
  return {
    name,
    run: () =>
      serving(served, async (port, server) => (await warmLoad(port, server, served.post, load)).requestsPerSecond),
  };
}

/** Loads a server until it is warm, and then for the figures. */
export async function warmLoad(
  port: number,
  server: ChildProcess,
  post: Post,
  { warmUpSeconds, byProcessorTime, ...load }: WarmLoad,
): Promise<LoadReport> {
  if (warmUpSeconds > 0) {
    await loadReport(port, post, { ...load, seconds: warmUpSeconds });
    // A server may still work on requests whose connections were closed. This one waits for its turn behind them.
    await untilAnswered(port, post);
  }
  const before = processorSeconds(server);
  const report = await loadReport(port, post, load);
  if (!byProcessorTime) return report;
  return { ...report, requestsPerSecond: report.requests / (processorSeconds(server) - before) };
}

/** Milliseconds from the start of a server's process to its first answer, or of the processor time until then. */
export function startSide(
  name: string,
  { factory, modelPackage, post }: Served,
  { byProcessorTime }: Pick<Settings, 'byProcessorTime'>,
): Side {
  return {
    name,
    async run() {
      const port = await freePort();
      const command = factory(modelPackage, port);
      const since = performance.now();
      const server = start(command);
      try {
        await Promise.race([untilAnswered(port, post), ended(server)]);
        return byProcessorTime ? processorSeconds(server) * 1000 : performance.now() - since;
      } finally {
        await stop(server);
      }
    },
  };
}

/** Starts a server, and stops it once `measure` has asked it. */
export async function serving<T>(
  { factory, modelPackage, post, everywhere }: Served,
  measure: (port: number, server: ChildProcess) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const server = start(factory(modelPackage, port), everywhere ? undefined : SERVER_CPU);
  try {
    await Promise.race([untilAnswered(port, post), ended(server)]);
    return await measure(port, server);
  } finally {
    await stop(server);
  }
}

/** Fails when the server ends before it was stopped. */
async function ended(server: ChildProcess): Promise<never> {
  const [code] = await once(server, 'exit');
  throw new Error(`the server ended with exit code ${code}; see why with BENCH_VERBOSE=1`);
}
