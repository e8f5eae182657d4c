import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import {
  answerJson,
  call,
  type Endpoint,
  type EndpointFlags,
  findEndpoint,
  inferUrl,
  predictUrl,
  successful,
} from './endpoint.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, serveLocally, withTrustOption } from './local.js';
import { Output } from './output.js';
import { isPackage } from './predictor.js';
import { type RequestText, requestTexts } from './request-texts.js';

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
      .argument('<target>', 'folder of a package, or URL of a server, or of a model or one of its versions on it'),
  );
  return withTrustOption(command)
    .addOption(new Option('-d, --data <json>', 'the request').conflicts('samples'))
    .option('-s, --samples <file>', 'JSON file of requests, or the samples.json of a package (default: standard input)')
    .option(
      '--json',
      'print the answers and their times as one JSON document; numbers that JSON lacks are texts, such as "NaN"',
    )
    .action(predict);
}

async function predict(target: string, flags: PredictFlags): Promise<void> {
  const requests = requestTexts(source(flags));
  const server = isPackage(target) ? await serveLocally(target, flags) : undefined;
  try {
    const endpoint = await findEndpoint(server?.url ?? target, flags);
    const answers = await answersOf(endpoint, requests);
    new Output(flags.json).result(
      {
        ...(server ? { package: target } : { url: endpoint.base }),
        model: endpoint.model,
        version: endpoint.version,
        // A person gets what the server wrote, as it is.
        ...(flags.json && {
          answers: answers.map(({ url, text, milliseconds }) => ({
            answer: answerJson(url, text, true),
            milliseconds,
          })),
        }),
      },
      answers.map(({ text }) => text.trimEnd()),
    );
  } finally {
    await server?.close();
  }
}

async function answersOf(
  endpoint: Endpoint,
  requests: readonly RequestText[],
): Promise<{ url: string; text: string; milliseconds: number }[]> {
  const answers: { url: string; text: string; milliseconds: number }[] = [];
  for (const { text, isOpenInference } of requests) {
    const url = isOpenInference ? inferUrl(endpoint) : predictUrl(endpoint);
    const answer = await call(url, endpoint.headers, text);
    answers.push({ url, text: successful(url, answer), milliseconds: Math.round(answer.milliseconds * 10) / 10 });
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

function gather(line: string, lines: readonly string[] = []): string[] {
  return [...lines, line];
}
