import { DEFAULT_PORT, DRAIN_SECONDS, ENVIRONMENT, predictPath } from '@modelship/runtime/contract';
import { type Manifest, readManifest } from '@modelship/runtime/manifest';
import type { RuntimeConfig } from '@modelship/runtime/serve';
import { Command, InvalidArgumentError } from 'commander';
import { instancesBody } from '../serving/example-request.js';
import { shellWord } from '../serving/shell-word.js';
import { CommandFailure } from './failure.js';
import { type ServerFlags, serverConfig, servingEnvironment, withTrustOptions } from './local.js';
import { Output, table } from './output.js';

interface ServeFlags extends ServerFlags {
  readonly host: string;
  readonly json?: boolean;
}

export function serveCommand(): Command {
  return withTrustOptions(
    new Command('serve')
      .summary('serve a model package on this machine')
      .description(
        'Serves a model package with the server that runs in every cloud: it verifies every file, runs the golden ' +
          'samples, and then answers requests. Ctrl-C stops it. Environment variables such as MODELSHIP_MAX_QUEUE and ' +
          'MODELSHIP_PYTHON configure it; MODELSHIP_MODELS and MODELSHIP_MODEL_CONTROL are ignored, because only the ' +
          'package is served.',
      )
      .argument('<package>', 'folder of the package'),
  )
    .option('-p, --port <number>', 'port to listen on; 0 for any free port', wholeNumber(0, 65535), DEFAULT_PORT)
    .option('--grpc-port <number>', 'port of the gRPC server (default: no gRPC server)', wholeNumber(0, 65535))
    .option('--host <address>', 'address to listen on; 0.0.0.0 accepts connections from other machines', '127.0.0.1')
    .option('--threads <number>', 'threads per inference (default: measured at load)', wholeNumber(1, 1024))
    .option('--json', 'print one line of JSON when the server is ready')
    .addHelpText(
      'after',
      `
Examples:
  modelship serve models/iris
  MODELSHIP_PYTHON=.venv/bin/python modelship serve models/router --trust-pickle --grpc-port 8500`,
    )
    .action(serve);
}

async function serve(directory: string, flags: ServeFlags): Promise<void> {
  // A parent process with a channel to this one, such as `bench`, starts the server for its own use. The server exits
  // with the parent.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  const manifest = readManifest(directory);
  const { startServer } = await import('@modelship/runtime/serve');
  const config = await serverConfig(directory, flags, servingEnvironment());
  const output = new Output(flags.json);
  const server = await output
    .progress(`Load ${directory} and run its samples`, () => startServer(config, flags.host, {}))
    .catch((error) => {
      throw listenFailure(error, flags, config);
    });
  const host = flags.host.includes(':') ? `[${flags.host}]` : flags.host;
  const url = `http://${host}:${server.port}`;
  const grpc = server.grpcPort === undefined ? undefined : `${host}:${server.grpcPort}`;
  const { name, version, digest } = manifest;
  output.result({ url, grpc, name, version, digest }, readyLines(url, grpc, manifest));
  await interrupted();
  // Requests that are still in flight after the drain period are aborted. A second signal ends the process immediately.
  // `process.exit` would wait for model threads, which cannot be stopped during a run.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), DRAIN_SECONDS * 1000).unref();
  await server.close();
}

/** @param config ports that are used, from flags or from the environment */
function listenFailure(
  error: NodeJS.ErrnoException & { port?: number },
  { host, port, grpcPort }: ServeFlags,
  config: Pick<RuntimeConfig, 'grpcPort' | 'managementPort'>,
): Error {
  if (error.code === 'EADDRINUSE' && error.port !== port) {
    const grpcSource = grpcPort === undefined ? ENVIRONMENT.grpcPort : `--grpc-port ${grpcPort}`;
    const otherSource = error.port === config.managementPort ? ENVIRONMENT.managementPort : ENVIRONMENT.metricsPort;
    const source = error.port === config.grpcPort ? grpcSource : otherSource;
    return new CommandFailure('PORT_TAKEN', `the port of ${source} is taken. Choose another, or unset it.`);
  }
  if (error.code === 'EADDRINUSE') {
    return new CommandFailure('PORT_TAKEN', `port ${port} is taken. Choose another with --port, or --port 0 for any.`);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CommandFailure(
      'HOST_UNKNOWN',
      `${host} is not an address of this machine. Give one with --host, such as 127.0.0.1.`,
    );
  }
  return error;
}

function readyLines(url: string, grpc: string | undefined, { name, version, inputs }: Manifest): string[] {
  return [
    `Serving ${name}, version ${version}, on ${url}`,
    '',
    ...table([
      ['Browser', `${url}/`],
      ['HTTP', `${url}${predictPath(name)}`],
      ...(grpc === undefined ? [] : [['gRPC', grpc]]),
      ['Terminal', `npx modelship predict ${url} --data ${shellWord(instancesBody(inputs) ?? '{"instances": [ROW]}')}`],
    ]),
    '',
    'Press Ctrl-C to stop.',
  ];
}

/** Waits for the first signal. A second one ends the process immediately. */
function interrupted(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  return new Promise((resolve) => {
    const first = () => {
      for (const signal of signals) process.removeListener(signal, first);
      resolve();
    };
    for (const signal of signals) process.on(signal, first);
  });
}

function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
  };
}
