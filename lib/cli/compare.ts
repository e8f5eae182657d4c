import { type Manifest, needsPython, readManifest } from '@modelship/runtime/manifest';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CompareOptions, compare } from '../compare/compare.js';
import { htmlReport } from '../compare/html-report.js';
import { DEFAULT_LOAD, LOAD_SHAPES, type Load, type LoadShape } from '../compare/load.js';
import type { Measurement } from '../compare/measurement.js';
import { cachedMeasurement, cacheMeasurement } from '../compare/measurements.js';
import type { Candidate, PackageFacts, Question } from '../compare/target.js';
import { dollars, formulaLines, HEADINGS, rateWithUnit, row } from '../compare/text-report.js';
import { DEFAULT_PRICES, PRICES_REGIONS, type PricedCloud, PriceFileError, Prices } from '../cost/prices.js';
import { smallestRequestBytes } from '../model/request-size.js';
import { CommandFailure } from './failure.js';
import { checkHtmlPath, writeHtml } from './html-option.js';
import { Interruption } from './interruption.js';
import { withTrustOptions } from './local.js';
import { type MeasureFlags, measure } from './measure.js';
import { Output, table } from './output.js';
import { withSampleOptions } from './samples.js';

interface CompareFlags extends MeasureFlags {
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
  return withTrustOptions(command)
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

function loadLine({
  load: { requestsPerSecond, shape, requestBytes, latencySeconds, gpu },
  measured,
}: Question): string {
  const parts = [
    `Load: ${rateWithUnit(requestsPerSecond)} on average, ${shape}`,
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
    `Measured on ${name}: ${rateWithUnit(1 / cpuSeconds)} per vCPU, ${(latencySeconds * 1000).toPrecision(3)} ms ` +
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
