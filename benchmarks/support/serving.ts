import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Side } from './pairs.js';
import type { Post } from './posts.js';
import { freePort, SERVER_CPU, start, stop, untilAnswered } from './process.js';
import type { ServerFactory } from './servers.js';
import { type Load, requestsPerSecond } from './wrk.js';

/** A server that is measured, and what it is asked. */
export interface Served {
  readonly factory: ServerFactory;
  readonly modelPackage: string;
  readonly post: Post;
  /** Whether it may use the processor of the load, too. @default false */
  readonly everywhere?: boolean;
}

/** Seconds of load before what is counted, on every side: what is asked for a rate has been compiled by then. */
const WARM_UP_SECONDS = 2;

/** Answers a second of a server that is warm. */
export function throughputSide(name: string, served: Served, load: Load): Side {
  const run = (port: number, seconds: number) => requestsPerSecond(port, served.post, { ...load, seconds });
  return {
    name,
    run: () =>
      serving(served, async (port) => {
        await run(port, WARM_UP_SECONDS);
        return run(port, load.seconds);
      }),
  };
}

/** Starts a server, and stops it once `measure` has asked it. */
export async function serving<T>(
  { factory, modelPackage, post, everywhere }: Served,
  measure: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const server = start(factory(modelPackage, port), everywhere ? undefined : SERVER_CPU);
  try {
    await Promise.race([untilAnswered(port, post), ended(server)]);
    return await measure(port, server.pid!);
  } finally {
    await stop(server);
  }
}

/** Fails when the server ends before it was stopped. */
async function ended(server: ChildProcess): Promise<never> {
  const [code] = await once(server, 'exit');
  throw new Error(`the server ended with exit code ${code}; see why with BENCH_VERBOSE=1`);
}
