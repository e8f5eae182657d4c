import { readFileSync } from 'node:fs';
import { IRIS } from './support/models.js';
import { type Comparison, compare, comparisonOf, type Side } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { bareNode, fastApi, modelship, type ServerFactory } from './support/servers.js';
import { serving } from './support/serving.js';
import type { Settings } from './support/settings.js';
import { requestsPerSecond } from './support/wrk.js';

const UNIT = 'MB resident';

/** What of the soak is compared with each other: its parts, of which the first is for warming up. */
const SOAK_PARTS = 10;

/** Memory of a server of iris after a load of 32 connections. */
export function benchmarkMemory({ rounds, seconds }: Settings): Promise<Comparison> {
  const post = jsonPost(IRIS);
  const side = (name: string, factory: ServerFactory): Side => ({
    name,
    run: () =>
      serving({ factory, modelPackage: IRIS, post }, async (port, { pid }) => {
        await requestsPerSecond(port, post, { seconds });
        return residentMegabytes(pid!);
      }),
  });
  return compare(UNIT, rounds, [
    side('FastAPI + onnxruntime', fastApi),
    side('Modelship', modelship),
    side('bare Node + onnxruntime (limit)', bareNode),
  ]);
}

/** Memory of our server of iris over a long load: what it has at the end, beside what it had once it was warm. */
export async function benchmarkSoak({ minutes }: Settings): Promise<Comparison> {
  const post = jsonPost(IRIS);
  const served = { factory: modelship, modelPackage: IRIS, post };
  const samples = await serving(served, async (port, { pid }) => {
    const found: number[] = [];
    const timer = setInterval(() => found.push(residentMegabytes(pid!)), 1000);
    try {
      await requestsPerSecond(port, post, { seconds: Math.round(minutes * 60) });
    } finally {
      clearInterval(timer);
    }
    return found;
  });
  const size = Math.floor(samples.length / SOAK_PARTS);
  return comparisonOf(UNIT, [
    { name: 'the second tenth of the soak', figures: samples.slice(size, 2 * size) },
    { name: 'the last tenth', figures: samples.slice(-size) },
  ]);
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return (Number(kilobytes) * 1024) / 1e6;
}
