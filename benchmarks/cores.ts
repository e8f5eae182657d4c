import { availableParallelism } from 'node:os';
import { IRIS } from './support/models.js';
import { type Comparison, compareMany } from './support/pairs.js';
import { jsonPost, type Post } from './support/posts.js';
import { modelshipProcesses } from './support/servers.js';
import { serving } from './support/serving.js';
import type { Settings } from './support/settings.js';
import { requestsPerSecond } from './support/wrk.js';

/** Processors that a comparison of throughput needs: two for the processes, and others for the load. */
const PROCESSORS = 4;

/** Connections of each process. With fewer, requests share fewer runs, on one process as on several. */
const CONNECTIONS = 32;

/** Requests to each process before what is counted. */
const WARM_UP_REQUESTS = 20_000;

/**
 * Processor time and resident memory of iris by JSON with one process and with two, which have the same processor.
 * Requests a second with one and two processes follow where the machine has processors for them.
 */
export async function benchmarkCores({ rounds, seconds, warmUpSeconds }: Settings): Promise<Comparison[]> {
  const post = jsonPost(IRIS);
  const side = (processes: number) => ({
    name: `${processes} process${processes === 1 ? '' : 'es'}`,
    run: () =>
      serving({ factory: modelshipProcesses(processes), modelPackage: IRIS, post }, async (port) => {
        if (warmUpSeconds > 0) await warm(port, post, processes);
        const before = await figuresOf(port);
        const requests =
          seconds * (await requestsPerSecond(port, post, { seconds, connections: CONNECTIONS * processes }));
        const after = await figuresOf(port);
        return [((after.cpuSeconds - before.cpuSeconds) / requests) * 1e6, after.residentBytes / 1e6];
      }),
  });
  const units = ['microseconds of processor time a request', 'MB resident, pages of both counted twice'];
  const comparisons = await compareMany(
    units,
    rounds,
    [side(1), side(2)],
    [{ side: side(2).name, unit: units[0], atMost: 1.05 }],
  );
  if (availableParallelism() < PROCESSORS) {
    console.error(`cores: requests a second by processes need ${PROCESSORS} processors; not run`);
    return comparisons;
  }
  const throughput = (processes: number) => ({
    name: `${processes} process${processes === 1 ? '' : 'es'}`,
    run: () =>
      serving({ factory: modelshipProcesses(processes), modelPackage: IRIS, post, everywhere: true }, async (port) => {
        if (warmUpSeconds > 0) await warm(port, post, processes);
        return [await requestsPerSecond(port, post, { seconds, connections: CONNECTIONS * processes })];
      }),
  });
  return [...comparisons, ...(await compareMany(['requests/s'], rounds, [throughput(1), throughput(2)]))];
}

/** Loads each process until its code is compiled, which takes a number of requests and not a time. */
async function warm(port: number, post: Post, processes: number): Promise<void> {
  for (let requests = 0; requests < processes * WARM_UP_REQUESTS; )
    requests += await requestsPerSecond(port, post, { seconds: 1, connections: CONNECTIONS * processes });
}

async function figuresOf(port: number) {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)![1]);
  return { cpuSeconds: value('process_cpu_seconds_total'), residentBytes: value('process_resident_memory_bytes') };
}
