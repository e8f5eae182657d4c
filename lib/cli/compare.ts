import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, needsPython, readManifest, SAMPLES_FILE, signaturesOf } from '@modelship/runtime/manifest';
import { madeUpExamples } from '@modelship/runtime/serve';
import { Command, InvalidArgumentError, Option } from 'commander';
import { postBytes } from '../bench/connection.js';
import { type LoadReport, load } from '../bench/load.js';
import { type EncodedRequest, jsonRequest } from '../bench/requests.js';
import { type CompareOptions, compare } from '../compare/compare.js';
import { htmlReport } from '../compare/html-report.js';
import { DEFAULT_LOAD, LOAD_SHAPES, type Load, type LoadShape } from '../compare/load.js';
import type { Measurement } from '../compare/measurement.js';
import { cachedMeasurement, cacheMeasurement, processor } from '../compare/measurements.js';
import { processUsage } from '../compare/process-usage.js';
import type { Candidate, PackageFacts, Question } from '../compare/target.js';
import { dollars, formulaLines, HEADINGS, rate, row } from '../compare/text-report.js';
import { DEFAULT_PRICES, PRICES_REGIONS, type PricedCloud, PriceFileError, Prices } from '../cost/prices.js';
import { smallestRequestBytes } from '../model/request-size.js';
import { sampleInputs } from '../pack/index.js';
import { findEndpoint, inferUrl } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { checkHtmlPath, writeHtml } from './html-option.js';
import { Interruption } from './interruption.js';
import { interrupted, rejectFailures } from './load-failures.js';
import { type LocalFlags, withTrustOption } from './local.js';
import { Output, table } from './output.js';
import { type SampleFlags, sampleRequests, withSampleOptions } from './samples.js';
import { type ServerProcess, startServer } from './server-process.js';

interface CompareFlags extends LocalFlags, SampleFlags {
  readonly rate: number;
  readonly shape: LoadShape;
  readonly requestBytes?: number;
  readonly latency?: number;
  readonly gpu?: boolean;
  readonly region: Partial<Record<PricedCloud, string>>;
  readonly prices?: string;
  readonly freeTier?: boolean;
  readonly measure?: boolean;
  readonly html?: string;
  readonly json?: boolean;
}

/** Days after which prices are marked as old. */
const PRICE_DAYS = 90;

/** Seconds of load with one caller, and with several, and before each to warm up. */
const ONE_CALLER_SECONDS = 0.6;
const LOAD_SECONDS = 1.5;
const WARM_UP_SECONDS = 0.5;

/** Callers of the measurement under load: enough to keep one processor busy. */
const CALLERS = 8;

export function compareCommand(): Command {
  const command = withSampleOptions(
    new Command('compare')
      .summary('compare the cost of a package on all targets')
      .description(
        'Compares what a package would cost on each target, without an account. Measures the package in a server on this ' +
          'machine, and keeps the figures for later runs. Prices are list prices, and their date is printed.',
      )
      .argument('<package>', 'folder of a package'),
    'the golden samples of the package',
  );
  return withTrustOption(command)
    .option('-r, --rate <number>', 'mean requests per second over the day', requestRate, DEFAULT_LOAD.requestsPerSecond)
    .addOption(
      new Option('--shape <name>', 'distribution of the requests over the day')
        .choices(LOAD_SHAPES)
        .default(DEFAULT_LOAD.shape),
    )
    .option('--request-bytes <number>', 'bytes of a request (default: those of the samples)', bytes)
    .option('--latency <milliseconds>', 'maximum time of a request (default: any)', milliseconds)
    .option('--gpu', 'compare targets with a GPU')
    .option(
      '--region <cloud=region>',
      'region, such as aws=eu-west-1; repeatable (default: us-east-1, eastus, us-central1)',
      region,
      {},
    )
    .option('--prices <file>', 'JSON file of prices in the form of `dist/lib/cost/prices.json` of this package')
    .option('--free-tier', 'subtract the usage that is free in every account')
    .option('--measure', 'measure again instead of using the figures of an earlier run')
    .option('--html <file>', 'also write a report with a cost curve')
    .option('--json', 'print the comparison as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship compare models/iris
  modelship compare models/iris --rate 20 --shape office --region aws=eu-west-1 --html costs.html`,
    )
    .action(run);
}

async function run(directory: string, flags: CompareFlags): Promise<void> {
  checkHtmlPath(flags.html);
  const manifest = readManifest(directory);
  const prices = pricesOf(flags);
  const output = new Output(flags.json);
  const measured = await measurementOf(directory, manifest, flags, output);
  const question: Question = { facts: factsOf(manifest), measured, load: loadOf(flags) };
  const options: CompareOptions = { prices, regions: flags.region, freeTier: flags.freeTier };
  const candidates = compare(question, options);
  const notes = [loadLine(question), measurementLine(measured), ...priceLines(prices, flags)];
  writeHtml(flags.html, () => htmlReport(question, candidates, options, notes));
  output.result(
    {
      package: question.facts,
      load: question.load,
      measured,
      prices: { asOf: prices.asOf, freeTier: flags.freeTier ?? false, isOld: isOld(prices) },
      targets: candidates,
    },
    [...notes, '', ...reportLines(candidates)],
  );
}

function pricesOf({ prices }: CompareFlags): Prices {
  if (prices === undefined) return DEFAULT_PRICES;
  try {
    return Prices.fromFile(prices);
  } catch (error) {
    if (error instanceof PriceFileError) throw new CommandFailure('DATA_INVALID', error.message);
    throw error;
  }
}

function loadOf({ rate: requestsPerSecond, shape, requestBytes, latency, gpu = false }: CompareFlags): Load {
  return { requestsPerSecond, shape, requestBytes, latencySeconds: latency && latency / 1000, gpu };
}

function factsOf(manifest: Manifest): PackageFacts {
  const { name, version, digest, files } = manifest;
  return {
    name,
    version,
    digest,
    sizeBytes: files.reduce((sum, { size }) => sum + size, 0),
    rowBytes: smallestRequestBytes(manifest),
    needsPython: needsPython(manifest),
  };
}

/** Measures the package in a server on this machine, or returns the figures of an earlier run. */
async function measurementOf(
  directory: string,
  manifest: Manifest,
  flags: CompareFlags,
  output: Output,
): Promise<Measurement> {
  const isOwnData = flags.data !== undefined || flags.samples !== undefined;
  const cached = flags.measure || isOwnData ? undefined : cachedMeasurement(manifest.digest);
  if (cached) return cached;
  const interruption = new Interruption();
  try {
    const measured = await output.progress(`Measure ${directory}`, () =>
      measure(directory, manifest, flags, interruption),
    );
    if (!isOwnData) cacheMeasurement(manifest.digest, measured);
    return measured;
  } finally {
    interruption.close();
  }
}

async function measure(
  directory: string,
  manifest: Manifest,
  flags: CompareFlags,
  interruption: Interruption,
): Promise<Measurement> {
  const since = performance.now();
  const server = await startServer(directory, flags, interruption);
  const startSeconds = (performance.now() - since) / 1000;
  try {
    const requests = encodedRequests(directory, manifest, flags);
    const url = new URL(inferUrl(await findEndpoint(server.url, {})));
    const encoded = requests.map(({ headers, body }) => postBytes(url, headers, body));
    const options = { url, requests: () => encoded, warmUpSeconds: WARM_UP_SECONDS, signal: interruption.signal };
    const alone = await load({ ...options, connections: 1, seconds: ONE_CALLER_SECONDS });
    const before = processUsage(server.pid)?.cpuSeconds;
    const busy = await load({ ...options, connections: CALLERS, seconds: LOAD_SECONDS });
    // The report of an interrupted load covers only a part of its time.
    if (!alone || !busy || interruption.signal.aborted) throw interrupted();
    rejectFailures(busy);
    return {
      processor: processor(),
      node: process.version,
      cpuSeconds: cpuSecondsPerRequest(server, busy, before),
      latencySeconds: alone.latency.p50 / 1000,
      residentMib: processUsage(server.pid)?.residentMib,
      startSeconds,
      requestBytes: requests.reduce((sum, { body }) => sum + body.length, 0) / requests.length,
    };
  } finally {
    await server.close();
  }
}

/** Returns the processor time of a request. Without the system's figures, the time in which one processor serves it. */
function cpuSecondsPerRequest(server: ServerProcess, busy: LoadReport, before: number | undefined): number {
  const after = processUsage(server.pid)?.cpuSeconds;
  if (before === undefined || after === undefined) return 1 / busy.requestsPerSecond;
  // The warm-up is part of the difference.
  const requests = (busy.requests * (LOAD_SECONDS + WARM_UP_SECONDS)) / LOAD_SECONDS;
  return (after - before) / requests;
}

function encodedRequests(directory: string, manifest: Manifest, flags: CompareFlags): EncodedRequest[] {
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

function loadLine({
  load: { requestsPerSecond, shape, requestBytes, latencySeconds, gpu },
  measured,
}: Question): string {
  const parts = [
    `Load: ${rate(requestsPerSecond)} requests per second on average, ${shape}`,
    `${Math.round(requestBytes ?? measured.requestBytes)} bytes each`,
    ...(latencySeconds === undefined ? [] : [`in at most ${latencySeconds * 1000} ms`]),
    ...(gpu ? ['with a GPU'] : []),
  ];
  return `${parts.join(', ')}.`;
}

function measurementLine({
  processor: name,
  cpuSeconds,
  latencySeconds,
  residentMib,
  startSeconds,
}: Measurement): string {
  return (
    `Measured on ${name}: ${rate(1 / cpuSeconds)} requests per second per vCPU, ${(latencySeconds * 1000).toPrecision(3)} ms ` +
    `for a request alone, ${residentMib === undefined ? '' : `${Math.round(residentMib)} MiB, `}${startSeconds.toFixed(1)} s to start.`
  );
}

function priceLines(prices: Prices, { region: regions, freeTier }: CompareFlags): string[] {
  const lines = [`List prices in US dollars of ${prices.asOf}, ${freeTier ? 'after' : 'without'} free tiers.`];
  if (isOld(prices)) lines.push(`The prices are more than ${PRICE_DAYS} days old: give newer ones with --prices.`);
  for (const [cloud, name] of Object.entries(regions)) {
    const known = prices.regions(cloud as PricedCloud);
    if (known.includes(name)) continue;
    const fallback = PRICES_REGIONS[cloud as PricedCloud];
    lines.push(`There are no prices of ${name}: those of ${fallback} are used. Known regions: ${known.join(', ')}.`);
  }
  return lines;
}

function isOld({ asOf }: Prices): boolean {
  return Date.now() - Date.parse(asOf) > PRICE_DAYS * 24 * 3600 * 1000;
}

function reportLines(candidates: readonly Candidate[]): string[] {
  const fitting = candidates.filter(({ fits }) => fits);
  const others = candidates.filter(({ fits }) => !fits);
  const [best] = fitting;
  return [
    ...table([[...HEADINGS], ...fitting.map(row)]),
    ...(best
      ? ['', `${best.target} (${best.construct}, ${best.region}) costs ${dollars(best.bill.monthlyUsd)} per month:`]
      : ['No target fits.']),
    ...(best ? formulaLines(best.bill).map((line) => `  ${line}`) : []),
    ...(others.length > 0 ? ['', 'Targets that do not fit:'] : []),
    ...others.map(({ target, obstacles }) => `  ${target}: ${obstacles.join('; ')}`),
  ];
}

function requestRate(value: string): number {
  const number = Number(value);
  if (!(number >= 0 && number <= 1_000_000) || value.trim() === '') {
    throw new InvalidArgumentError('Write a number from 0 to 1000000.');
  }
  return number;
}

function bytes(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Write a whole number of bytes.');
  return number;
}

function milliseconds(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('Write a number of milliseconds above 0.');
  return number;
}

function region(value: string, earlier: Partial<Record<PricedCloud, string>>): Partial<Record<PricedCloud, string>> {
  const [cloud, name] = value.split('=');
  if (!name || !cloud || !Object.hasOwn(PRICES_REGIONS, cloud)) {
    throw new InvalidArgumentError(
      `Write a cloud and a region, such as aws=eu-west-1. Clouds: ${Object.keys(PRICES_REGIONS).join(', ')}.`,
    );
  }
  return { ...earlier, [cloud]: name };
}
