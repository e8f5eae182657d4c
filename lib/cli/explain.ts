import type { Signature } from '@modelship/runtime';
import { readManifest } from '@modelship/runtime/manifest';
import { explainableInput } from '@modelship/runtime/serve';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type DataRow, readDataSet } from '../evaluate/data-set.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { sampleInputs } from '../pack/index.js';
import { columnValues } from '../requests/row-values.js';
import {
  answerJson,
  call,
  type Endpoint,
  type EndpointFlags,
  explainUrl,
  findEndpoint,
  successful,
  withEndpointOptions,
} from './endpoint.js';
import { type ExplainedRow, type Explanations, explanationLines, meanEffects } from './explanation-lines.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, serveLocally, withTrustOptions } from './local.js';
import { Output } from './output.js';
import { endpointSignature, isPackage } from './predictor.js';
import { requireOptions } from './required-options.js';

interface ExplainFlags extends EndpointFlags, LocalFlags {
  readonly rows: string;
  readonly label?: string;
  readonly method?: string;
  readonly top: number;
  readonly json?: boolean;
}

/** Rows of a request. Sampled explanations run the model thousands of times for each. */
const EXACT_ROWS = 64;
const SAMPLED_ROWS = 1;

export function explainCommand(): Command {
  const command = new Command('explain')
    .summary('show why a model predicts what it does')
    .description(
      'Shows how far each feature of each row moves the prediction, by Shapley values: exact ones for trees and linear ' +
        'models, sampled ones for others. Features that are absent have the values of the background of the package, or ' +
        'zeros. The rows are a file of CSV, JSON Lines or Parquet. A package is served on this machine until the command ends.',
    )
    .argument('<target>', 'folder of a package, or URL of a server or model')
    .option('--rows <file>', 'data set: CSV with the names of the columns, JSON Lines or Parquet (required)')
    .option('--label <column>', 'column that is no feature, such as the label');
  return withTrustOptions(withEndpointOptions(command))
    .addOption(
      new Option('--method <name>', 'how effects are computed (default: exactly where possible)').choices([
        'interventional',
        'path_dependent',
        'sampled',
      ]),
    )
    .option('--top <number>', 'number of features to print for each row', positive, 5)
    .option('--json', 'print the effects of all rows and features as JSON')
    .addHelpText(
      'after',
      `
Examples:
  modelship explain models/iris --rows rows.csv
  modelship explain http://127.0.0.1:8080 --rows test.csv --label species --json`,
    )
    .action(explain);
}

async function explain(target: string, flags: ExplainFlags, command: Command): Promise<void> {
  requireOptions(command, 'rows');
  const output = new Output(flags.json);
  const server = isPackage(target) ? await serveLocally(target, flags, output) : undefined;
  try {
    const endpoint = await findEndpoint(server?.url ?? target, flags);
    if (endpoint.model === undefined) {
      throw new CommandFailure(
        'REFUSED',
        `${endpoint.base} forwards no explanations. Explain the package that it serves, or call the server itself.`,
      );
    }
    const signature = await endpointSignature(endpoint, server && readManifest(target));
    if (!explainableInput(signature)) {
      const inputs = signature.inputs.map(({ name, datatype }) => `${name} ${datatype}`).join(', ');
      throw new CommandFailure(
        'DATA_INVALID',
        `modelship explain is for models of one input of numbers, and this one takes ${inputs}. Send texts and pictures ` +
          'for a classifier to the route :explain of a server.',
      );
    }
    const explanations = await output.progress(`Explain ${flags.rows}`, (step) =>
      explained(endpoint, signature, flags, step),
    );
    const mean = meanEffects(explanations);
    output.result(
      { ...(server ? { package: target } : { url: endpoint.base }), ...explanations, mean },
      explanationLines(explanations, mean, flags.top),
    );
  } catch (error) {
    if (error instanceof EvaluationDataError) throw new CommandFailure('DATA_SET_INVALID', error.message);
    throw error;
  } finally {
    await server?.close();
  }
}

async function explained(
  endpoint: Endpoint,
  signature: Signature,
  flags: ExplainFlags,
  step: (step: string) => void,
): Promise<Explanations> {
  const rows: ExplainedRow[] = [];
  const batch: DataRow[] = [];
  let first: Answered | undefined;
  const run = async () => {
    const place = batch[0]?.place;
    if (place === undefined) return;
    const [input] = sampleInputs(columnValues(batch, signature, flags), signature, place);
    const values = Array.from(input!.data as ArrayLike<number>, Number);
    const size = values.length / batch.length;
    const instances = batch.map((_, row) => values.slice(row * size, (row + 1) * size));
    const answers = await answersOf(endpoint, instances, flags.method);
    first ??= answers[0]!;
    checkSameEffects(endpoint, place, first, answers[0]!);
    for (const [index, { place }] of batch.entries()) {
      const { base_values: base, shap_values: effects } = answers[index]!;
      rows.push({ place, values: instances[index]!, base, effects });
    }
    batch.length = 0;
  };
  for await (const row of readDataSet(flags.rows)) {
    batch.push(row);
    // The first answer says how many rows may follow.
    if (batch.length < (first && first.method !== 'sampled' ? EXACT_ROWS : SAMPLED_ROWS)) continue;
    await run();
    step(`${rows.length} rows`);
  }
  await run();
  const { method, link, base_values: base } = first!;
  return { method, link, ...namesOf(signature, rows[0]!.values.length, base.length), rows };
}

/** Explanation of one instance in a response. */
interface Answered {
  readonly base_values: readonly number[];
  readonly shap_values: readonly (readonly number[])[];
  readonly method: string;
  readonly link: string;
}

/** Rejects effects of another method or link than those of the first row, because they have another unit. */
function checkSameEffects({ base }: Endpoint, place: string, first: Answered, next: Answered): void {
  if (next.method === first.method && next.link === first.link) return;
  throw new CommandFailure(
    'EXPLANATION_INVALID',
    `${base} explains ${place} by the method ${next.method} with the link ${next.link}, and earlier rows by ` +
      `${first.method} with the link ${first.link}. Use \`--method sampled\` to explain all rows in the same way.`,
  );
}

async function answersOf(
  endpoint: Endpoint,
  instances: readonly (readonly number[])[],
  method: string | undefined,
): Promise<readonly Answered[]> {
  const url = explainUrl(endpoint);
  // A missing value is NaN, which JSON writes as null.
  const body = JSON.stringify({ instances, ...(method !== undefined && { parameters: { method } }) });
  const { explanations } = answerJson(url, successful(endpoint, url, await call(endpoint, url, body)), false) as {
    explanations?: readonly Partial<Answered>[];
  };
  const isComplete = ({ base_values: base, shap_values: effects, method: name, link }: Partial<Answered>) =>
    base &&
    effects?.every((each) => Array.isArray(each) && typeof each[0] === 'number') &&
    name !== undefined &&
    link !== undefined;
  if (explanations?.length === instances.length && explanations.every(isComplete)) return explanations as Answered[];
  throw new CommandFailure(
    'EXPLANATION_INVALID',
    `${url} did not respond with an explanation of a flat row for each instance. Check that the server has this ` +
      'version of Modelship, and that the model takes rows of numbers.',
  );
}

function namesOf(
  { inputs: [input], outputs }: Signature,
  features: number,
  sums: number,
): Pick<Explanations, 'features' | 'outputs'> {
  const scores = outputs.find(({ datatype }) => datatype === 'FP32' || datatype === 'FP64');
  // Of two classes, the sums may be those of the second one only.
  const isSecond = sums === 1 && scores?.labels?.length === 2;
  const labels = isSecond ? scores.labels.slice(1) : scores?.labels;
  return {
    features: input!.labels ?? Array.from({ length: features }, (_, index) => `${input!.name}[${index}]`),
    outputs:
      labels?.length === sums
        ? labels
        : Array.from({ length: sums }, (_, index) => (sums === 1 ? scores!.name : `${scores!.name}[${index}]`)),
  };
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Write a whole number above 0.');
}
