import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { call, type Endpoint, type EndpointFlags, findEndpoint, inferUrl, predictUrl, successful } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, serveLocally, withTrustOption } from './local.js';
import { Output } from './output.js';
import { isPackage } from './predictor.js';

interface PredictFlags extends EndpointFlags, LocalFlags {
  readonly data?: string;
  readonly samples?: string;
  readonly json?: boolean;
}

/** Adds the options by which every command that calls an endpoint finds it. */
export function withEndpointOptions(command: Command): Command {
  return command
    .option('-m, --model <name>', 'the model, where the server has several')
    .option('-H, --header <line>', 'header to send, such as "authorization: Bearer …"; may be repeated', gather);
}

export function predictCommand(): Command {
  const command = withEndpointOptions(
    new Command('predict')
      .summary('ask a package or a server for predictions')
      .description(
        'Sends requests and prints the answers. A request is one of TensorFlow Serving, such as ' +
          '{"instances": [[5.1, 3.5, 1.4, 0.2]]}, or of the Open Inference Protocol; its form says which protocol to ' +
          'speak. A package is served on this machine for as long as it takes: variables such as MODELSHIP_PYTHON say how ' +
          'it is run, and those that say what a server has and who may call it are not heeded.',
      )
      .argument('<target>', 'folder of a package, or URL of a server or of one model on it'),
  );
  return withTrustOption(command)
    .addOption(new Option('-d, --data <json>', 'the request').conflicts('samples'))
    .option('-s, --samples <file>', 'JSON file of requests, or the samples.json of a package (default: standard input)')
    .option('--json', 'print the answers and their times as one JSON document')
    .action(predict);
}

async function predict(target: string, flags: PredictFlags): Promise<void> {
  const bodies = requestBodies(parsed(source(flags)));
  const server = isPackage(target) ? await serveLocally(target, flags) : undefined;
  try {
    const endpoint = await findEndpoint(server?.url ?? target, flags);
    const answers = await answersOf(endpoint, bodies);
    new Output(flags.json).result(
      {
        ...(server ? { package: target } : { url: endpoint.base }),
        model: endpoint.model,
        answers: answers.map(({ text, milliseconds }) => ({ answer: JSON.parse(text), milliseconds })),
      },
      answers.map(({ text }) => text.trimEnd()),
    );
  } finally {
    await server?.close();
  }
}

async function answersOf(
  endpoint: Endpoint,
  bodies: readonly Body[],
): Promise<{ text: string; milliseconds: number }[]> {
  const answers: { text: string; milliseconds: number }[] = [];
  for (const body of bodies) {
    const url = urlFor(endpoint, body);
    const answer = await call(url, endpoint.headers, JSON.stringify(body));
    answers.push({ text: successful(url, answer), milliseconds: Math.round(answer.milliseconds * 10) / 10 });
  }
  return answers;
}

function source({ data, samples }: PredictFlags): string {
  if (data !== undefined) return data;
  if (samples === undefined && process.stdin.isTTY) {
    throw new CommandFailure(
      'NO_DATA',
      'no request: give one by --data \'{"instances": …}\', --samples FILE or standard input.',
    );
  }
  try {
    return readFileSync(samples ?? 0, 'utf8');
  } catch (error) {
    throw new CommandFailure(
      'NO_DATA',
      `${samples ?? 'standard input'} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure('DATA_INVALID', `the request is not JSON (${(error as Error).message}).`);
  }
}

type Body = Readonly<Record<string, unknown>>;

/** The requests alone: what they expect, if the file says so, stays here. */
function requestBodies(json: unknown): Body[] {
  return (Array.isArray(json) ? json : [json]).map((entry) => {
    const body: Body = entry?.request ?? entry;
    if (body?.instances === undefined && body?.inputs === undefined) {
      throw new CommandFailure(
        'DATA_INVALID',
        'a request has `instances` or `inputs`, such as {"instances": [[5.1, 3.5, 1.4, 0.2]]}; ' +
          `got ${JSON.stringify(entry)?.slice(0, 60)}.`,
      );
    }
    const { predictions: _, ...request } = body;
    const expects =
      !isOpenInference(body) || (body.outputs as { data?: unknown }[] | undefined)?.some((output) => 'data' in output);
    return expects ? { ...request, outputs: undefined } : request;
  });
}

function isOpenInference({ inputs }: Body): boolean {
  return (
    Array.isArray(inputs) &&
    inputs.length > 0 &&
    inputs.every((input) => input !== null && typeof input === 'object' && 'datatype' in input)
  );
}

function urlFor(endpoint: Endpoint, body: Body): string {
  return isOpenInference(body) ? inferUrl(endpoint) : predictUrl(endpoint);
}

function gather(line: string, lines: readonly string[] = []): string[] {
  return [...lines, line];
}
