import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { readManifest } from '@modelship/runtime/manifest';
import { mobilenet } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { PEERS } from './support/peers.js';
import { binaryPost } from './support/posts.js';
import { SERVER_CPU } from './support/process.js';
import { modelship } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Enough that the next picture is there when one is done. */
const CONNECTIONS = 4;

/**
 * Pictures a second that MobileNetV2 takes as binary tensors, one a request, its inference having one thread: what
 * serving costs. Reading requests and running the model are two threads, and share a processor or have one each.
 */
export async function benchmarkImage(settings: Settings): Promise<Comparison> {
  const modelPackage = await mobilenet();
  const served = { factory: modelship, modelPackage, post: binaryPost(modelPackage) };
  const load = { ...settings, connections: CONNECTIONS };
  return compare('pictures/s', settings.rounds, [
    rawSession(modelPackage, settings.seconds),
    throughputSide('Modelship', { ...served, everywhere: true }, load),
    throughputSide('Modelship, on one processor', served, load),
  ]);
}

/** `session.run` again and again on the same picture, on the processor that the servers get. */
function rawSession(modelPackage: string, seconds: number): Side {
  const model = join(modelPackage, readManifest(modelPackage).artifact);
  const script = [process.execPath, join(PEERS, 'bare_session.cjs'), model, '1,224,224,3', String(seconds)];
  return {
    name: 'session.run alone (limit)',
    run: async () => Number(execFileSync('taskset', ['-c', String(SERVER_CPU), ...script], { encoding: 'utf8' })),
  };
}
