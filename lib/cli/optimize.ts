import type { Signature } from '@modelship/runtime';
import { readManifest } from '@modelship/runtime/manifest';
import type { Tolerance } from '@modelship/runtime/serve';
import { Command, Option } from 'commander';
import { comparisonLines, metricOrDefault } from '../evaluate/comparison/comparison.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import type { RowEvaluation } from '../evaluate/row-evaluation.js';
import type { SampledBatch } from '../evaluate/row-sample.js';
import { evaluationOf, QUERY_TASKS, TASKS, type Task } from '../evaluate/tasks/index.js';
import { labelColumn } from '../model/picture-folder.js';
import { CONVERSION_NAMES, CONVERSIONS, type ConversionName, type Proof, type RowSource } from '../optimize/index.js';
import { figureOrNone } from '../report/figure.js';
import { rowBatches, rowRequest } from '../requests/row-request.js';
import { shellWord } from '../serving/shell-word.js';
import { rejectUnknownMargin } from './evaluate-against.js';
import { marginNumber, metricName, rejectForeign } from './evaluate-rows.js';
import { CommandFailure } from './failure.js';
import { exitOnSignals } from './interruption.js';
import { engineOptions, type LocalFlags, withTrustOptions } from './local.js';
import { measure } from './measure.js';
import { bytes, Output, table } from './output.js';
import { requireOptions } from './required-options.js';
import { tolerance } from './tolerance-option.js';

interface OptimizeFlags extends LocalFlags {
  readonly to: ConversionName;
  readonly out: string;
  readonly rows?: string;
  readonly label?: string;
  readonly task?: Task;
  readonly metric?: string;
  readonly margin?: number;
  readonly tolerance?: Tolerance;
  readonly install?: boolean;
  readonly accept?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function optimizeCommand(): Command {
  return withTrustOptions(
    new Command('optimize')
      .summary('make a package smaller or faster, and prove that it still answers the same')
      .description(
        'Converts the model of a package, and compares both models: their answers for the golden samples and a data set, size, ' +
          'latency and memory. A conversion that changes answers too much is refused, with the rows that differ. The figures become ' +
          'part of the new package. Converters run in the Python that MODELSHIP_PYTHON names.',
      )
      .argument('<package>', 'folder of a package'),
  )
    .addOption(
      new Option(
        '--to <conversion>',
        `conversion: ${CONVERSION_NAMES.map((name) => `${name} (${CONVERSIONS[name].summary})`).join(', ')} (required)`,
      ).choices(CONVERSION_NAMES),
    )
    .option('-o, --out <folder>', 'folder of the new package (required)')
    .option(
      '--rows <file>',
      'data set that both models answer: CSV, JSON Lines, Parquet, NumPy arrays (.npz), or a folder of pictures by class',
    )
    .option('--label <column>', 'column of the labels: both models are evaluated, and a worse one is refused')
    .addOption(
      new Option('--task <name>', 'task, if the outputs do not decide it').choices(
        TASKS.filter((name) => !QUERY_TASKS.includes(name)),
      ),
    )
    .option('--metric <name>', 'metric of the comparison (default: by the task)', metricName)
    .option('--margin <number>', 'accepted loss of the metric (default: 0.01)', marginNumber)
    .option(
      '--tolerance <absolute,relative>',
      'largest difference of a number (default: that of the package; fp16 and int8 also take answers with a signal-to-noise ' +
        `ratio of ${CONVERSIONS.fp16.leastSqnr} and ${CONVERSIONS.int8.leastSqnr} dB)`,
      tolerance,
    )
    .option('--install', 'install missing converters from PyPI into an environment of their own in the cache folder')
    .option('--accept', 'write the package even if it is refused; its proof says so')
    .option('-f, --force', 'replace a different package in the folder')
    .option('--json', 'print the proof as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship optimize models/iris --to onnx --out models/iris-onnx --trust-pickle --install
  modelship optimize models/digits --to int8-static --out models/digits-int8 --rows test.csv --label digit`,
    )
    .action(optimize);
}

async function optimize(directory: string, flags: OptimizeFlags, command: Command): Promise<void> {
  requireOptions(command, 'to', 'out');
  const rows = rowSource(flags);
  const output = new Output(flags.json);
  exitOnSignals();
  const { optimizePackage } = await import('../optimize/index.js');
  try {
    const { manifest, proof } = await output.progress(`Optimize ${directory}`, (onStep) =>
      optimizePackage({
        directory,
        conversion: flags.to,
        out: flags.out,
        rows,
        tolerance: flags.tolerance,
        accept: flags.accept ?? false,
        install: flags.install ?? false,
        force: flags.force ?? false,
        engine: engineOptions(flags),
        measure: async (folder) => {
          const measured = readManifest(folder);
          return measured.samples.count > 0
            ? measure(folder, measured, flags, { signal: new AbortController().signal })
            : undefined;
        },
        onStep,
      }),
    );
    output.result({ directory: flags.out, digest: manifest.digest, ...proof }, [
      `Optimized ${manifest.name}, version ${manifest.version}, into ${flags.out}`,
      ...proofLines(proof),
      '',
      `Try it:  npx modelship serve ${shellWord(flags.out)}`,
    ]);
  } catch (error) {
    if (error instanceof EvaluationDataError) throw new CommandFailure('DATA_SET_INVALID', error.message);
    throw error;
  }
}

/** Returns the lines of a proof: what both models answered, and their figures before and after. */
export function proofLines(proof: Proof): string[] {
  const {
    conversion,
    from,
    converters,
    tolerance: { absolute, relative },
    leastSqnr,
    samples,
    rows,
    evaluation,
    before,
    after,
    accepted,
  } = proof;
  const limit = `within ${absolute} + ${relative} × |before|${leastSqnr === undefined ? '' : `, or ${leastSqnr} dB SQNR`}`;
  const same = ({ count, differing, sqnr }: Proof['samples']) =>
    `${count - differing} of ${count} ${limit}${sqnr === undefined ? '' : ` (least: ${sqnr.toFixed(1)} dB)`}`;
  const versions = Object.entries(converters).map(([name, version]) => `${name} ${version}`);
  const [old, now] = [before.measured, after.measured];
  const figures = [
    ['', 'before', 'after'],
    ['size', bytes(before.bytes), bytes(after.bytes)],
    ...(old && now
      ? [
          [
            'latency',
            `${(old.latencySeconds * 1000).toPrecision(3)} ms`,
            `${(now.latencySeconds * 1000).toPrecision(3)} ms`,
          ],
          ['processor time', ...[old, now].map(({ cpuSeconds }) => `${(cpuSeconds * 1000).toPrecision(3)} ms`)],
          ['start', ...[old, now].map(({ startSeconds }) => `${startSeconds.toFixed(1)} s`)],
          ...(old.residentMib !== undefined && now.residentMib !== undefined
            ? [['memory', ...[old.residentMib, now.residentMib].map((mib) => `${Math.round(mib)} MiB`)]]
            : []),
        ]
      : []),
    ...Object.entries(evaluation?.optimized ?? {}).map(([name, value]) => [
      name,
      figureOrNone(evaluation!.metrics[name]),
      figureOrNone(value),
    ]),
  ];
  return [
    ...table([
      ['conversion', `${conversion}, from ${from.format} by ${versions.join(', ')}`],
      ['made from', from.digest],
      ['samples', same(samples)],
      ...(rows ? [['rows', same(rows)]] : []),
      ...(evaluation ? comparisonLines(evaluation).map((line) => ['evaluation', line]) : []),
      ...accepted.map((reason) => ['accepted', reason]),
    ]),
    '',
    ...table(figures),
  ];
}

/** Returns the rows of the data set, if there is one. */
function rowSource(flags: OptimizeFlags): RowSource | undefined {
  const { rows, metric, margin } = flags;
  if (rows === undefined) {
    const lonely = (['label', 'task', 'metric', 'margin'] as const).find((name) => flags[name] !== undefined);
    if (lonely === undefined) return undefined;
    throw new CommandFailure('NO_DATA', `--${lonely} is about a data set: add --rows FILE.`);
  }
  const label = labelColumn(rows, flags.label);
  const lonely = (['task', 'metric', 'margin'] as const).find((name) => flags[name] !== undefined);
  if (label === undefined && lonely !== undefined) {
    throw new CommandFailure('NOTHING_EXPECTED', `--${lonely} is about labels: add --label COLUMN.`);
  }
  return {
    read: (signature) => batches(signature, { rows, label }),
    ...(label !== undefined && { evaluation: ({ outputs }: Signature) => evaluation(outputs, flags) }),
    metric,
    margin,
  };
}

/** @throws CommandFailure if the model does not have the metric, or the metric needs a margin */
function evaluation(outputs: Signature['outputs'], { task, metric, margin }: OptimizeFlags): RowEvaluation {
  const empty = evaluationOf(outputs, task);
  rejectForeign(empty, { metric });
  rejectUnknownMargin(metricOrDefault(empty, metric), margin);
  return empty;
}

async function* batches(
  signature: Signature,
  columns: { readonly rows: string; readonly label: string | undefined },
): AsyncGenerator<SampledBatch> {
  for await (const batch of rowBatches(signature, columns)) yield rowRequest(batch, signature, columns);
}
