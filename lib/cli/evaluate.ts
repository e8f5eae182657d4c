import { Command, InvalidArgumentError, Option } from 'commander';
import type { OutputMetrics } from '../evaluate/metrics.js';
import { TASKS } from '../evaluate/tasks/index.js';
import { figure } from '../report/figure.js';
import { SHOWN_DIFFERENCES, sampleAgreement } from '../requests/sample-agreement.js';
import { withEndpointOptions } from './endpoint.js';
import { evaluateRows, marginNumber, metricLimit, metricName, queryCount, type RowFlags } from './evaluate-rows.js';
import { CommandFailure } from './failure.js';
import { withTrustOptions } from './local.js';
import { Output, table } from './output.js';
import { isPackage, openPredictor, type PredictorFlags, withPackageOption } from './predictor.js';
import { type SampleFlags, sampleRequests, withSampleOptions } from './samples.js';

interface EvaluateFlags extends PredictorFlags, SampleFlags, Omit<RowFlags, 'rows'> {
  readonly minAgreement: number;
  readonly rows?: string;
}

export function evaluateCommand(): Command {
  const command = withSampleOptions(
    new Command('evaluate')
      .summary('compare predictions with expected ones')
      .description(
        'Sends each request to a package or a server, and compares the predictions with the expected ones. Fails if ' +
          'fewer samples agree, within the tolerance of the package, than --min-agreement.',
      )
      .argument('<target>', 'folder of a package, or URL of a server, model or version'),
    'the golden samples of the package',
  );
  return withTrustOptions(withPackageOption(withEndpointOptions(command)))
    .option('--min-agreement <share>', 'share of the samples, from 0 to 1, that must agree', share, 1)
    .addOption(
      new Option(
        '--rows <file>',
        'data set of CSV, JSON Lines, Parquet or NumPy arrays (.npz), or folder of pictures by class, whose labels are ' +
          'compared',
      ).conflicts(['samples', 'data']),
    )
    .option('--label <column>', 'column of the labels in --rows')
    .option('--weight <column>', 'column of the weights in --rows (default: 1 for each row)')
    .option('--by <column>', 'column of --rows, for whose values the metrics are computed too')
    .option('--query <column>', 'column of --rows with the query of each row, for --task ranking and retrieval')
    .addOption(new Option('--task <name>', 'task of the model in --rows (default: by its outputs)').choices(TASKS))
    .option('--min <metric=number>', 'minimum of a metric of --rows, such as accuracy=0.9; repeatable', metricLimit, [])
    .option('--max <metric=number>', 'maximum of a metric of --rows, such as log_loss=0.3; repeatable', metricLimit, [])
    .option(
      '--against <target>',
      'earlier version, as a folder or URL, that the model must not be worse than in --rows',
    )
    .option(
      '--metric <name>',
      'metric for --against and --robustness (default: accuracy, r2, or another by the task)',
      metricName,
    )
    .option('--margin <number>', 'loss of the metric that --against accepts (default: 0.01)', marginNumber)
    .option('--robustness', 'also measure how a metric falls while the inputs of --rows change')
    .option(
      '--extraction <queries>',
      'also measure how much of the model a caller can copy with this many queries',
      queryCount,
    )
    .option('--html <file>', 'also write a report of --rows with charts')
    .option('--json', 'print the metrics as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship evaluate models/iris --samples test-set.json --min-agreement 0.99
  modelship evaluate models/iris --rows test.csv --label species --min f1_macro=0.9
  modelship evaluate models/iris-2 --against models/iris --rows test.csv --label species
  modelship evaluate https://abc123.execute-api.eu-west-1.amazonaws.com/prod --package models/iris`,
    )
    .action(evaluate);
}

async function evaluate(target: string, flags: EvaluateFlags, command: Command): Promise<void> {
  const { rows } = flags;
  if (rows !== undefined && command.getOptionValueSource('minAgreement') === 'cli') {
    throw new CommandFailure('USAGE', '--min-agreement is about samples: with --rows, use --min METRIC=VALUE.');
  }
  if (rows !== undefined) return evaluateRows(target, { ...flags, rows });
  const { label, weight, by, query, task, min, max, against, metric, margin, robustness, extraction, html } = flags;
  const ignored = Object.entries({
    label,
    weight,
    by,
    query,
    task,
    min: min[0],
    max: max[0],
    against,
    metric,
    margin,
    robustness,
    extraction,
    html,
  }).find(([, given]) => given);
  if (ignored) throw new CommandFailure('NO_DATA', `--${ignored[0]} needs a data set: add --rows FILE.`);
  const directory = isPackage(target) ? target : flags.package;
  const requests = sampleRequests(flags, directory).filter(({ expected }) => expected !== undefined);
  if (requests.length === 0) {
    throw new CommandFailure(
      'NOTHING_EXPECTED',
      'no request has an expected answer: add `predictions` or `outputs` to the requests.',
    );
  }
  const output = new Output(flags.json);
  const { evaluation, tolerance } = await output.progress(`Evaluate ${target}`, async () => {
    const predictor = await openPredictor(target, flags);
    try {
      return { evaluation: await sampleAgreement(predictor, requests), tolerance: predictor.tolerance };
    } finally {
      await predictor.close();
    }
  });
  const { samples, agreeing, differences, metrics } = evaluation;
  output.result({ ...evaluation, tolerance }, [
    `${agreeing} of ${samples} samples agree within ${tolerance.absolute} + ${tolerance.relative} × |expected|`,
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

function figuresText(figures: Omit<OutputMetrics, 'output'>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${figure(value as number)}`)
    .join(', ');
}

function share(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!(number >= 0 && number <= 1)) throw new InvalidArgumentError('Write a number from 0 to 1.');
  return number;
}
