import type { Side } from './pairs.js';
import type { Post } from './posts.js';
import { freePort, SERVER_CPU, start, stop, untilAnswered } from './process.js';
import type { ServerFactory } from './servers.js';
import { type Load, requestsPerSecond } from './wrk.js';

/** A server of `modelPackage` on one processor: its answers to `post` a second, the load being on another. */
export function throughputSide(
  name: string,
  factory: ServerFactory,
  { modelPackage, post, load }: { readonly modelPackage: string; readonly post: Post; readonly load: Load },
): Side {
  return {
    name,
    run: () => serving(factory, modelPackage, post, (port) => requestsPerSecond(port, post, load)),
  };
}

/** Starts a server on its processor, and stops it once `measure` has asked it. */
export async function serving<T>(
  factory: ServerFactory,
  modelPackage: string,
  post: Post,
  measure: (port: number, pid: number) => T | Promise<T>,
): Promise<T> {
  const port = await freePort();
  const server = start(factory(modelPackage, port), SERVER_CPU);
  try {
    await untilAnswered(port, post);
    return await measure(port, server.pid!);
  } finally {
    await stop(server);
  }
}
