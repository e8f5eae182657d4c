import type { Tensor } from '@modelship/runtime';
import { readManifest } from '@modelship/runtime/manifest';
import { Command, InvalidArgumentError } from 'commander';
import { postBytes } from '../bench/connection.js';
import { type LoadReport, load } from '../bench/load.js';
import { binaryRequest, type EncodedRequest, jsonRequest } from '../bench/requests.js';
import { sampleInputs } from '../pack/index.js';
import { type Endpoint, findEndpoint, inferUrl, withEndpointOptions } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { Interruption } from './interruption.js';
import { interrupted, rejectFailures } from './load-failures.js';
import { withTrustOptions } from './local.js';
import { Output, table } from './output.js';
import { endpointSignature, instancesBody, isPackage, type PredictorFlags, withPackageOption } from './predictor.js';
import { type SampleFlags, sampleRequests, withSampleOptions } from './samples.js';
import { startServer } from './server-process.js';

interface BenchFlags extends PredictorFlags, SampleFlags {
  readonly connections: number;
  readonly seconds: number;
  readonly binary?: boolean;
  readonly json?: boolean;
}

/** Seconds of load before the measurement, in which the server compiles its hot paths. */
const WARM_UP_SECONDS = 2;

/** Seconds after which requests are authenticated again. AWS accepts a signature for five minutes. */
const CREDENTIAL_SECONDS = 120;

export function benchCommand(): Command {
  const command = withSampleOptions(
    new Command('bench')
      .summary('measure throughput and latency')
      .description(
        'Keeps connections busy with sample requests, and reports requests per second and latency percentiles. A ' +
          'package is served on this machine during the measurement. Ctrl-C ends it early and prints the figures so far. ' +
          'Load only servers that you own.',
      )
      .argument('<target>', 'folder of a package, or URL of a server, model or version'),
    'the golden samples of the package',
  );
  return withTrustOptions(withPackageOption(withEndpointOptions(command)))
    .option('-c, --connections <number>', 'connections, each with one request in flight', count, 32)
    .option('-t, --seconds <number>', `seconds to measure, after ${WARM_UP_SECONDS} to warm up`, seconds, 10)
    .option('--binary', 'send and receive tensors in binary instead of JSON')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship bench models/iris --connections 8 --seconds 30
  modelship bench http://127.0.0.1:8080 --samples samples.json --binary`,
    )
    .action(bench);
}

async function bench(target: string, flags: BenchFlags): Promise<void> {
  const directory = isPackage(target) ? target : flags.package;
  const samples = sampleRequests(flags, directory);
  const output = new Output(flags.json);
  const interruption = new Interruption();
  const server = isPackage(target) ? await startServer(target, flags, interruption) : undefined;
  let renewal: NodeJS.Timeout | undefined;
  try {
    const endpoint = await findEndpoint(server?.url ?? target, flags);
    const signature = await endpointSignature(endpoint, directory === undefined ? undefined : readManifest(directory));
    const bodies = samples.map((sample) =>
      encode(sampleInputs(sample.inputs, signature, sample.place), endpoint, flags),
    );
    const url = new URL(inferUrl(endpoint));
    let requests = await requestBytes(bodies, url, endpoint);
    renewal = setInterval(() => {
      // If the renewal fails, the endpoint rejects the requests, and the report shows it.
      requestBytes(bodies, url, endpoint).then(
        (renewed) => {
          requests = renewed;
        },
        () => {},
      );
    }, CREDENTIAL_SECONDS * 1000);
    const report = await output.progress(`Load ${target} for ${flags.seconds + WARM_UP_SECONDS} s`, () =>
      load({
        url,
        requests: () => requests,
        connections: flags.connections,
        seconds: flags.seconds,
        warmUpSeconds: WARM_UP_SECONDS,
        tls: endpoint.tls,
        signal: interruption.signal,
      }),
    );
    if (!report) throw interrupted();
    output.result(
      {
        ...report,
        connections: flags.connections,
        encoding: flags.binary ? 'binary' : 'json',
        interrupted: interruption.signal.aborted,
      },
      reportLines(report, flags.connections),
    );
    rejectFailures(report);
  } finally {
    clearInterval(renewal);
    await server?.close();
    interruption.close();
  }
}

function encode(tensors: readonly Tensor[], endpoint: Endpoint, { binary }: BenchFlags): EncodedRequest {
  if (endpoint.model !== undefined) return binary ? binaryRequest(tensors) : jsonRequest(tensors);
  if (binary) throw new CommandFailure('BINARY_UNSUPPORTED', `${endpoint.base} takes JSON: leave out --binary.`);
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(instancesBody(tensors)) };
}

function requestBytes(bodies: readonly EncodedRequest[], url: URL, endpoint: Endpoint): Promise<Buffer[]> {
  return Promise.all(
    bodies.map(async ({ headers, body }) => {
      const unsigned = { method: 'POST', url, headers: { ...headers, ...endpoint.headers }, body };
      return postBytes(url, await endpoint.authentication.authenticate(unsigned), body);
    }),
  );
}

function reportLines(
  { requests, seconds: time, requestsPerSecond, latency }: LoadReport,
  connections: number,
): string[] {
  const ms = (value: number) => `${value.toPrecision(3)} ms`;
  return [
    `${requests} requests in ${time.toFixed(1)} s over ${connections} connections`,
    ...table([
      ['  requests per second', requestsPerSecond.toFixed(0)],
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
