import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import {
  answerJson,
  call,
  type Endpoint,
  type EndpointFlags,
  findEndpoint,
  inferUrl,
  predictUrl,
  successful,
  withEndpointOptions,
} from './endpoint.js';
import { CommandFailure } from './failure.js';
import { type LocalFlags, serveLocally, withTrustOptions } from './local.js';
import { Output } from './output.js';
import { isPackage } from './predictor.js';
import { type RequestText, requestTexts } from './request-texts.js';
import { inlineData, type SampleFlags, withSampleOptions } from './samples.js';

interface PredictFlags extends EndpointFlags, LocalFlags, SampleFlags {
  readonly json?: boolean;
}

export function predictCommand(): Command {
  const command = withSampleOptions(
    new Command('predict')
      .summary('send requests to a package or a server')
      .description(
        'Sends requests and prints the responses. A request has the form of TensorFlow Serving or of the Open ' +
          'Inference Protocol, and is sent in that protocol. A package is served on this machine until the command ends; ' +
          'environment variables such as MODELSHIP_PYTHON configure how its model runs.',
      )
      .argument('<target>', 'folder of a package, or URL of a server, model or version'),
    'standard input',
  );
  return withTrustOptions(withEndpointOptions(command))
    .option(
      '--json',
      'print the responses and their times as one JSON document; numbers that JSON lacks are strings, such as "NaN"',
    )
    .addHelpText(
      'after',
      `
Examples:
  modelship predict models/iris --data '{"instances": [[5.1, 3.5, 1.4, 0.2]]}'
  modelship predict http://127.0.0.1:8080 --samples samples.json
  modelship predict https://abc123.lambda-url.eu-west-1.on.aws --aws --samples samples.json`,
    )
    .action(predict);
}

async function predict(target: string, flags: PredictFlags): Promise<void> {
  const requests = requestTexts(source(flags));
  const output = new Output(flags.json);
  const server = isPackage(target) ? await serveLocally(target, flags, output) : undefined;
  try {
    const endpoint = await findEndpoint(server?.url ?? target, flags);
    const answers = await answersOf(endpoint, requests);
    output.result(
      {
        ...(server ? { package: target } : { url: endpoint.base }),
        model: endpoint.model,
        version: endpoint.version,
        // Without --json the response text is printed with control characters escaped.
        ...(flags.json && {
          answers: answers.map(({ url, text, milliseconds }) => ({
            answer: answerJson(url, text, true),
            milliseconds,
          })),
        }),
      },
      answers.flatMap(({ text }) => text.trimEnd().split(/\r?\n/)),
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
    const answer = await call(endpoint, url, text);
    answers.push({
      url,
      text: successful(endpoint, url, answer),
      milliseconds: Math.round(answer.milliseconds * 10) / 10,
    });
  }
  return answers;
}

function source({ data, samples }: PredictFlags): string {
  if (data !== undefined) return inlineData(data);
  if (samples === undefined && process.stdin.isTTY) {
    throw new CommandFailure(
      'NO_DATA',
      'no request: give one with --data \'{"instances": …}\', --samples FILE or standard input.',
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
