import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SAMPLES_FILE } from '@modelship/runtime/manifest';
import { Command, InvalidArgumentError } from 'commander';
import { postBytes } from '../bench/connection.js';
import { type LoadReport, load } from '../bench/load.js';
import { binaryRequest, jsonRequest } from '../bench/requests.js';
import { readSampleRequests, sampleTensors } from '../pack/index.js';
import { type EndpointFlags, findEndpoint, inferUrl } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, ownEnvironment, withTrustOption } from './local.js';
import { Output, table } from './output.js';
import { withEndpointOptions } from './predict.js';
import { isPackage, openPredictor } from './predictor.js';

interface BenchFlags extends EndpointFlags, LocalFlags {
  readonly samples?: string;
  readonly connections: number;
  readonly seconds: number;
  readonly binary?: boolean;
  readonly json?: boolean;
}

/** Seconds of load that are not counted: the server compiles its hot paths meanwhile. */
const WARM_UP_SECONDS = 2;

export function benchCommand(): Command {
  const command = withEndpointOptions(
    new Command('bench')
      .summary('measure throughput and latency')
      .description(
        'Keeps connections busy with the sample requests, and reports requests a second and latency percentiles. A ' +
          'package is served on this machine for the time of the measurement; load a server only if it is yours.',
      )
      .argument('<target>', 'folder of a package, or URL of a server'),
  );
  return withTrustOption(command)
    .option('-s, --samples <file>', 'JSON file of requests (default: the samples of the package)')
    .option('-c, --connections <number>', 'connections, each with one request under way', count, 32)
    .option('-t, --seconds <number>', 'seconds to measure, after two to warm up', seconds, 10)
    .option('--binary', 'send and ask for tensors in binary instead of JSON')
    .option('--json', 'print the figures as JSON')
    .action(bench);
}

async function bench(target: string, flags: BenchFlags): Promise<void> {
  const samples = flags.samples ?? (isPackage(target) ? join(target, SAMPLES_FILE) : undefined);
  if (samples === undefined)
    throw new CommandFailure('NO_DATA', 'a server has no samples to give: name a file by --samples.');
  const output = new Output(flags.json);
  const server = isPackage(target) ? await serve(target, flags) : undefined;
  try {
    const url = server?.url ?? target;
    const endpoint = await findEndpoint(url, flags);
    const inferAt = new URL(inferUrl(endpoint));
    const encoded = await requests(inferAt, url, flags, samples, endpoint.headers);
    const report = await output.progress(`Load ${target} for ${flags.seconds + WARM_UP_SECONDS} s`, () =>
      load({
        url: inferAt,
        requests: encoded,
        connections: flags.connections,
        seconds: flags.seconds,
        warmUpSeconds: WARM_UP_SECONDS,
      }),
    );
    output.result(
      { ...report, connections: flags.connections, encoding: flags.binary ? 'binary' : 'json' },
      reportLines(report, flags.connections),
    );
    const failed = Object.values(report.failures).reduce((sum, number) => sum + number, 0);
    if (failed > 0) {
      const statuses = Object.keys(report.failures).join(', ');
      throw new CommandFailure(
        'REFUSED',
        `${failed} of ${report.requests} requests failed, with the status ${statuses}.`,
      );
    }
  } finally {
    server?.process.kill('SIGTERM');
  }
}

async function requests(
  target: URL,
  url: string,
  flags: BenchFlags,
  samples: string,
  headers: Headers,
): Promise<Buffer[]> {
  const predictor = await openPredictor(url, flags);
  const encode = flags.binary ? binaryRequest : jsonRequest;
  return readSampleRequests(samples).map(({ place, inputs }) => {
    const request = encode(sampleTensors(inputs, predictor.inputs, place));
    return postBytes(target, { ...request.headers, ...headers }, request.body);
  });
}

type Headers = Readonly<Record<string, string>>;

/** The server runs in a process of its own, so that the load does not take its processor. */
async function serve(directory: string, { trustPickle }: LocalFlags): Promise<{ process: ChildProcess; url: string }> {
  const args = ['serve', directory, '--port', '0', '--json', ...(trustPickle ? ['--trust-pickle'] : [])];
  const child = spawn(process.execPath, [process.argv[1]!, ...args], {
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (typeof event.url === 'string') return { process: child, url: event.url };
  }
  throw new CommandFailure('NOT_SERVED', `${directory} could not be served; see above.`);
}

function reportLines(
  { requests, seconds: time, requestsPerSecond, latency }: LoadReport,
  connections: number,
): string[] {
  const ms = (value: number) => `${value.toPrecision(3)} ms`;
  return [
    `${requests} requests in ${time.toFixed(1)} s over ${connections} connections`,
    ...table([
      ['  requests a second', requestsPerSecond.toFixed(0)],
      ['  latency mean', ms(latency.mean)],
      ['  latency p50', ms(latency.p50)],
      ['  latency p95', ms(latency.p95)],
      ['  latency p99', ms(latency.p99)],
      ['  latency max', ms(latency.max)],
    ]),
  ];
}

function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new InvalidArgumentError('Write a whole number from 1 to 10000.');
  }
  return number;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 3600)) throw new InvalidArgumentError('Write a number of seconds up to 3600.');
  return number;
}
