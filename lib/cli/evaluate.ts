import { join } from 'node:path';
import { SAMPLES_FILE } from '@modelship/runtime/manifest';
import { differenceBetween } from '@modelship/runtime/serve';
import { Command, InvalidArgumentError } from 'commander';
import { MetricsBuilder, type OutputMetrics } from '../evaluate/metrics.js';
import { readSampleRequests, type SampleRequest, sampleTensors } from '../pack/index.js';
import type { EndpointFlags } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, withTrustOption } from './local.js';
import { Output, table } from './output.js';
import { withEndpointOptions } from './predict.js';
import { isPackage, openPredictor, type Predictor } from './predictor.js';

interface EvaluateFlags extends EndpointFlags, LocalFlags {
  readonly data?: string;
  readonly minAgreement: number;
  readonly json?: boolean;
}

/** What an evaluation found. */
interface Evaluation {
  readonly samples: number;
  /** Samples all of whose answers are within the tolerance. */
  readonly agreeing: number;
  /** The first samples that are not, and why. */
  readonly differences: readonly string[];
  readonly metrics: readonly OutputMetrics[];
}

const SHOWN_DIFFERENCES = 5;

export function evaluateCommand(): Command {
  const command = withEndpointOptions(
    new Command('evaluate')
      .summary('compare answers with expected ones')
      .description(
        'Asks a package, or a server, for each request of a file, and compares the answers with those that the file ' +
          'expects. Fails if fewer agree, within the tolerance of the package, than wanted.',
      )
      .argument('<target>', 'folder of a package, or URL of a server'),
  );
  return withTrustOption(command)
    .option('-d, --data <file>', 'JSON file of requests with expected answers (default: the samples of the package)')
    .option('--min-agreement <share>', 'share of the samples, from 0 to 1, that must agree', share, 1)
    .option('--json', 'print the metrics as JSON')
    .action(evaluate);
}

async function evaluate(target: string, flags: EvaluateFlags): Promise<void> {
  const requests = readSampleRequests(dataFile(target, flags)).filter(({ expected }) => expected !== undefined);
  if (requests.length === 0) {
    throw new CommandFailure(
      'NOTHING_EXPECTED',
      'no request says what answer it expects: add `predictions` or `outputs`.',
    );
  }
  const output = new Output(flags.json);
  const predictor = await openPredictor(target, flags);
  let evaluation: Evaluation;
  try {
    evaluation = await output.progress(`Evaluate ${target}`, () => compared(predictor, requests));
  } finally {
    await predictor.close();
  }
  const { samples, agreeing, differences, metrics } = evaluation;
  output.result({ ...evaluation, tolerance: predictor.tolerance }, [
    `${agreeing} of ${samples} samples agree within ${predictor.tolerance.absolute} + ${predictor.tolerance.relative} × |expected|`,
    ...differences.map((difference) => `  ${difference}`),
    ...(agreeing + SHOWN_DIFFERENCES < samples ? ['  …'] : []),
    ...table(metrics.map(({ output: name, ...figures }) => [name, figuresText(figures)])),
  ]);
  if (agreeing < flags.minAgreement * samples) {
    throw new CommandFailure(
      'SAMPLES_DIFFER',
      `${agreeing} of ${samples} samples agree, and --min-agreement asks for a share of ${flags.minAgreement}.`,
    );
  }
}

function dataFile(target: string, flags: EvaluateFlags): string {
  if (flags.data !== undefined) return flags.data;
  if (isPackage(target)) return join(target, SAMPLES_FILE);
  throw new CommandFailure('NO_DATA', 'a server has no samples to give: name a file by --data.');
}

async function compared(predictor: Predictor, requests: readonly SampleRequest[]): Promise<Evaluation> {
  const metrics = new Map<string, MetricsBuilder>();
  const differences: string[] = [];
  let agreeing = 0;
  for (const { place, inputs, expected = {} } of requests) {
    const outputs = await predictor.predict(sampleTensors(inputs, predictor.inputs, place));
    let difference: string | undefined;
    for (const wanted of sampleTensors(expected, predictor.outputs, place, true)) {
      const got = outputs.find(({ name }) => name === wanted.name)!;
      difference ??= differenceBetween(got, wanted, predictor.tolerance);
      if (got.data.length !== wanted.data.length) continue;
      if (!metrics.has(wanted.name)) metrics.set(wanted.name, new MetricsBuilder(wanted.name));
      metrics.get(wanted.name)!.add(got, wanted);
    }
    if (difference === undefined) agreeing++;
    else if (differences.length < SHOWN_DIFFERENCES) differences.push(`${place}: ${difference}`);
  }
  return {
    samples: requests.length,
    agreeing,
    differences,
    metrics: [...metrics.values()].map((each) => each.finish()),
  };
}

function figuresText(figures: Omit<OutputMetrics, 'output'>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : (value as number).toPrecision(4)}`)
    .join(', ');
}

function share(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!(number >= 0 && number <= 1)) throw new InvalidArgumentError('Write a number from 0 to 1.');
  return number;
}
