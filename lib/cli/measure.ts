import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, SAMPLES_FILE, signaturesOf } from '@modelship/runtime/manifest';
import { madeUpExamples } from '@modelship/runtime/serve';
import { postBytes } from '../bench/connection.js';
import { type LoadReport, load } from '../bench/load.js';
import { type EncodedRequest, jsonRequest } from '../bench/requests.js';
import type { Measurement } from '../compare/measurement.js';
import { processor } from '../compare/measurements.js';
import { processUsage } from '../compare/process-usage.js';
import { sampleInputs } from '../pack/index.js';
import { findEndpoint, inferUrl } from './endpoint.js';
import { CommandFailure } from './failure.js';
import type { Interruption } from './interruption.js';
import { interrupted, rejectFailures } from './load-failures.js';
import type { LocalFlags } from './local.js';
import { type SampleFlags, sampleRequests } from './samples.js';
import { startServer } from './server-process.js';

/** Flags that a measurement depends on. */
export interface MeasureFlags extends LocalFlags, SampleFlags {}

/** Seconds of load with one caller, and with several, and before each to warm up. */
const ONE_CALLER_WARM_UP_SECONDS = 0.5;
const ONE_CALLER_SECONDS = 0.6;
const WARM_UP_SECONDS = 1.2;
const LOAD_SECONDS = 1.5;

/** Callers of the measurement under load. With fewer callers, the server runs fewer requests together than a busy one does. */
const CALLERS = 32;

/** Seconds that one request of each caller may take in all, because a load ends only with its last response. */
const TURN_SECONDS = 0.5;

/** Threads of a run, as in a server process of a replica, which has a processor for each process. */
const THREADS = 1;

/** Measures the package in a server of its own on this machine. */
export async function measure(
  directory: string,
  manifest: Manifest,
  flags: MeasureFlags,
  interruption: Pick<Interruption, 'signal'>,
): Promise<Measurement> {
  const since = performance.now();
  const server = await startServer(directory, { ...flags, threads: THREADS }, interruption);
  const startSeconds = (performance.now() - since) / 1000;
  try {
    const requests = encodedRequests(directory, manifest, flags);
    const url = new URL(inferUrl(await findEndpoint(server.url, {})));
    const encoded = requests.map(({ headers, body }) => postBytes(url, headers, body));
    const options = { url, requests: () => encoded, signal: interruption.signal };
    const alone = await load({
      ...options,
      connections: 1,
      seconds: ONE_CALLER_SECONDS,
      warmUpSeconds: ONE_CALLER_WARM_UP_SECONDS,
    });
    if (!alone) throw interrupted();
    // Functions that are compiled meanwhile would count as time of the requests.
    const many = { ...options, connections: callers(alone), warmUpSeconds: 0 };
    await load({ ...many, seconds: WARM_UP_SECONDS });
    const before = processUsage(server.pid)?.cpuSeconds;
    const busy = await load({ ...many, seconds: LOAD_SECONDS });
    const usage = processUsage(server.pid);
    // The report of an interrupted load covers only a part of its time.
    if (!busy || interruption.signal.aborted) throw interrupted();
    rejectFailures(busy);
    return {
      processor: processor(),
      node: process.version,
      cpuSeconds: cpuSecondsPerRequest(busy, before, usage?.cpuSeconds),
      latencySeconds: alone.latency.p50 / 1000,
      residentMib: usage?.residentMib,
      startSeconds,
      requestBytes: requests.reduce((sum, { body }) => sum + body.length, 0) / requests.length,
    };
  } finally {
    await server.close();
  }
}

/** Returns the number of callers that keep the server busy, fewer for a slow model. */
function callers({ latency }: LoadReport): number {
  return Math.min(CALLERS, Math.max(2, Math.ceil((TURN_SECONDS * 1000) / latency.p50)));
}

/** Returns the processor time of a request. Without the system's figures, the time in which one processor serves it. */
function cpuSecondsPerRequest(busy: LoadReport, before: number | undefined, after: number | undefined): number {
  if (before === undefined || after === undefined) return 1 / busy.requestsPerSecond;
  return (after - before) / busy.requests;
}

function encodedRequests(directory: string, manifest: Manifest, flags: MeasureFlags): EncodedRequest[] {
  const signature = signaturesOf(manifest).serving_default!;
  if (flags.data === undefined && flags.samples === undefined && !existsSync(join(directory, SAMPLES_FILE))) {
    const examples = madeUpExamples(signature);
    if (examples.length > 0) return examples.map(jsonRequest);
    throw new CommandFailure(
      'NO_DATA',
      `${directory} has no samples, and its inputs have no fixed size: give requests with --samples.`,
    );
  }
  return sampleRequests(flags, directory).map(({ inputs, place }) =>
    jsonRequest(sampleInputs(inputs, signature, place)),
  );
}
