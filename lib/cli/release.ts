import { Command, InvalidArgumentError, Option } from 'commander';
import { GateError, gateFolder } from '../bundle/gate-folder.js';
import type { MetricLimit } from '../evaluate/limits.js';
import { TASKS } from '../evaluate/tasks/index.js';
import { Model } from '../model/model.js';
import { figure } from '../report/figure.js';
import { RELEASE_VARIABLE } from '../serving/release.js';
import type { GateTask, RolloutGate } from '../serving/rollout-gate.js';
import { withEndpointOptions } from './endpoint.js';
import { metricLimit } from './evaluate-rows.js';
import { CommandFailure, EXIT } from './failure.js';
import { Interruption } from './interruption.js';
import { Output, table } from './output.js';
import { Release, type ReleaseFlags, type ReleaseOutcome, type ReleaseReport } from './release-run.js';
import { requireOptions } from './required-options.js';

interface Flags extends ReleaseFlags {
  readonly package: string;
  readonly samples?: string;
  readonly rows?: string;
  readonly label?: string;
  readonly weight?: string;
  readonly query?: string;
  readonly task?: GateTask;
  readonly min: readonly MetricLimit[];
  readonly max: readonly MetricLimit[];
  readonly allAtOnce?: boolean;
  readonly json?: boolean;
}

export function releaseCommand(): Command {
  return withEndpointOptions(
    new Command('release')
      .summary('deploy a new version, ask it, and shift the traffic to it')
      .description(
        'Deploys a new version beside the stable one, asks it the questions of a gate before it receives traffic, shifts ' +
          'the traffic in steps, and watches each step. If an answer is wrong, or a watched step fails, the stable version ' +
          `gets all traffic back. The deploy command reads the share of the new version from ${RELEASE_VARIABLE}.`,
      )
      .argument('<target>', 'URL of the new version, or JSON file of outputs with an output `canary`'),
  )
    .option('--package <folder>', 'package of the new version (required)')
    .option('--deploy <command>', 'shell command that deploys with the share of the traffic (required)')
    .option('-s, --samples <file>', 'JSON file of requests (default: the golden samples of the package)')
    .option('--rows <file>', 'data set, or folder of pictures by class, whose labels are compared')
    .option('--label <column>', 'column of the labels in --rows')
    .option('--weight <column>', 'column of the weights in --rows (default: 1 for each row)')
    .option('--query <column>', 'column of --rows that the rows of each query have in common, for --task ranking')
    .addOption(new Option('--task <name>', 'task of the model in --rows (default: by its outputs)').choices(TASKS))
    .option('--min <metric=number>', 'minimum of a metric of --rows, such as accuracy=0.9; repeatable', metricLimit, [])
    .option('--max <metric=number>', 'maximum of a metric of --rows, such as log_loss=0.3; repeatable', metricLimit, [])
    .option('--steps <shares>', 'shares of the traffic before 100, in percent, such as 10,50', shares, [10])
    .addOption(new Option('--all-at-once', 'shift all traffic after the questions').conflicts('steps'))
    .option('--watch-minutes <number>', 'minutes to watch each step', atLeastZero, 10)
    .option('--check <command>', 'shell command that fails if an alarm fires, run while a step is watched')
    .option('--max-error-percent <number>', 'share of failed questions of a step that is accepted', atLeastZero, 5)
    .option('--max-latency <ms>', 'p99 latency of a step that is accepted (default: any)', atLeastZero)
    .option(
      '--startup-seconds <number>',
      'seconds for which a version that is starting is asked again',
      atLeastZero,
      120,
    )
    .option('--json', 'print the verdict as JSON')
    .addHelpText(
      'after',
      `
Exit codes:
  0  the new version has all traffic
  1  the stable version has all traffic
  3  the traffic could not be taken back

Examples:
  modelship release outputs.json --package models/iris-2 --samples approved/samples.json --steps 10,50 \\
    --deploy "npx cdktf deploy iris --auto-approve --outputs-file outputs.json"`,
    )
    .action(release);
}

async function release(target: string, flags: Flags, command: Command): Promise<void> {
  requireOptions(command, 'package', 'deploy');
  const model = Model.fromDirectory(flags.package);
  const output = new Output(flags.json);
  const { directory: folder } = questions(model, flags);
  const interruption = new Interruption();
  try {
    const report = await new Release({
      target,
      folder,
      digest: model.digest,
      flags: { ...flags, steps: flags.allAtOnce ? [] : flags.steps },
      step: (step) => output.step(step),
      signal: interruption.signal,
    }).run();
    setExitCode(report.outcome);
    output.result(report, reportLines(report));
    reject(report);
  } finally {
    interruption.close();
  }
}

/** @throws CommandFailure if the questions cannot be asked, or no version can answer them correctly */
function questions(model: Model, flags: Flags): { readonly directory: string } {
  try {
    return gateFolder(model, gateOf(flags));
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    throw new CommandFailure('GATE_INVALID', `--${error.option === 'dataSet' ? 'rows' : 'samples'}: ${error.message}.`);
  }
}

function gateOf({ samples, rows, label, weight, query, task, min, max }: Flags): RolloutGate {
  const limits = (list: readonly MetricLimit[]) => Object.fromEntries(list.map(({ metric, limit }) => [metric, limit]));
  if (rows !== undefined) {
    return { samples, dataSet: { rows, label, weight, query, task, min: limits(min), max: limits(max) } };
  }
  const ignored = Object.entries({ label, weight, query, task, min: min[0], max: max[0] }).find(([, given]) => given);
  if (ignored) throw new CommandFailure('NO_DATA', `--${ignored[0]} needs a data set: add --rows FILE.`);
  return { samples };
}

const OUTCOMES: Readonly<Record<ReleaseOutcome, { readonly line: string; readonly code?: string }>> = {
  released: { line: 'released: the new version has all traffic' },
  rejected: { line: 'rejected: the stable version keeps all traffic', code: 'VERSION_REJECTED' },
  'taken back': { line: 'taken back: the stable version has all traffic again', code: 'VERSION_TAKEN_BACK' },
  unknown: { line: 'unknown: the new version may still have traffic', code: 'TRAFFIC_UNKNOWN' },
};

function reportLines({ outcome, verdict, steps }: ReleaseReport): string[] {
  const { samples, agreeing, rows, metrics = {} } = verdict ?? {};
  return [
    OUTCOMES[outcome].line,
    ...(samples === undefined ? [] : [`${agreeing} of ${samples} samples agree`]),
    ...(rows === undefined ? [] : [`${rows} rows`]),
    ...table(Object.entries(metrics).map(([name, value]) => [name, figure(value)])),
    ...steps.map(
      ({ percent, requests, failures, p99 }) =>
        `${percent} %: ${requests} requests, ${failures} failed${p99 === undefined ? '' : `, p99 ${figure(p99)} ms`}`,
    ),
  ];
}

/**
 * Sets the exit code, before a closed pipe can end the process. That of an interruption says that the stable version has all
 * traffic, so it stays only if that is so.
 */
function setExitCode(outcome: ReleaseOutcome): void {
  if (outcome === 'released') process.exitCode = EXIT.success;
  else if (outcome === 'unknown') process.exitCode = EXIT.trafficUnknown;
  else process.exitCode ??= EXIT.failure;
}

/** @throws CommandFailure if the new version was not released */
function reject({ outcome, reasons }: ReleaseReport): void {
  const { line, code } = OUTCOMES[outcome];
  if (code === undefined) return;
  throw new CommandFailure(code, `${line}: ${reasons.join('; ')}`);
}

function shares(value: string): number[] {
  const numbers = value.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.every((share, index) => share >= 1 && share <= 99 && share > (numbers[index - 1] ?? 0))) return numbers;
  throw new InvalidArgumentError('Write rising whole numbers from 1 to 99, such as 10,50.');
}

function atLeastZero(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (number >= 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new InvalidArgumentError('Write a number that is not negative.');
}
