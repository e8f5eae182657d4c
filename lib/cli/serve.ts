import { DEFAULT_PORT, DRAIN_SECONDS, ENVIRONMENT, predictPath } from '@modelship/runtime/contract';
import { type Manifest, readManifest } from '@modelship/runtime/manifest';
import { Command, InvalidArgumentError } from 'commander';
import { CommandFailure } from './failure.js';
import { type LocalFlags, serverConfig, servingEnvironment, withTrustOption } from './local.js';
import { Output } from './output.js';

interface ServeFlags extends LocalFlags {
  readonly port: number;
  readonly host: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export function serveCommand(): Command {
  return withTrustOption(
    new Command('serve')
      .summary('serve a model package on this machine')
      .description(
        'Serves a model package by the server that runs in every cloud: it checks every file, runs the golden samples, ' +
          'and then answers. Ctrl-C stops it. What else can be set, such as MODELSHIP_MAX_QUEUE or the interpreter of ' +
          'Python formats by MODELSHIP_PYTHON, is read from the environment; MODELSHIP_MODELS and ' +
          'MODELSHIP_MODEL_CONTROL are not, so that the package is all that is served.',
      )
      .argument('<package>', 'folder of the package'),
  )
    .option('-p, --port <number>', 'port to listen on; 0 for any that is free', wholeNumber(0, 65535), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--threads <number>', 'threads of one inference (default: as many as make it faster)', wholeNumber(1, 1024))
    .option('--json', 'print one line of JSON once it is ready')
    .action(serve);
}

async function serve(directory: string, flags: ServeFlags): Promise<void> {
  const manifest = readManifest(directory);
  const { startServer } = await import('@modelship/runtime/serve');
  const config = await serverConfig(directory, flags, servingEnvironment());
  const output = new Output(flags.json);
  const server = await output
    .progress(`Load ${directory} and run its samples`, () => startServer(config, flags.host, {}))
    .catch((error) => {
      throw listenFailure(error, flags);
    });
  const url = `http://${flags.host.includes(':') ? `[${flags.host}]` : flags.host}:${server.port}`;
  const { name, version, digest } = manifest;
  output.result({ url, name, version, digest }, readyLines(url, manifest));
  await interrupted();
  // What is still in flight then is cut off; a second signal ends the process at once. An exit would wait for the threads
  // of models, which cannot be told to stop within a run.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), DRAIN_SECONDS * 1000).unref();
  await server.close();
}

function listenFailure(error: NodeJS.ErrnoException & { port?: number }, { host, port }: ServeFlags): Error {
  // A gRPC server tells the reason in words alone.
  const variable = error.code === undefined ? ENVIRONMENT.grpcPort : ENVIRONMENT.metricsPort;
  if (/\bEADDRINUSE\b/.test(error.message) && (error.code === undefined || error.port !== port)) {
    return new CommandFailure('PORT_TAKEN', `the port of ${variable} is taken. Choose another there, or unset it.`);
  }
  if (error.code === 'EADDRINUSE') {
    return new CommandFailure('PORT_TAKEN', `port ${port} is taken. Choose another by --port, or --port 0 for any.`);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CommandFailure(
      'HOST_UNKNOWN',
      `${host} is no address of this machine. Give one by --host, such as 127.0.0.1.`,
    );
  }
  return error;
}

function readyLines(url: string, { name, version, inputs }: Manifest): string[] {
  return [
    `Serving ${name}, version ${version}, on ${url}`,
    '',
    `In a browser   ${url}/`,
    `By a client    ${url}${predictPath(name)}`,
    `From here      npx modelship predict ${url} --data '${exampleRequest(inputs)}'`,
    '',
    'Ctrl-C stops it.',
  ];
}

/** A request of zeros in the shape of the inputs, to show the form. */
function exampleRequest(inputs: Manifest['inputs']): string {
  const rows = inputs.map(({ name, datatype, shape }) => {
    const leaf = datatype === 'BYTES' ? 'text' : datatype === 'BOOL' ? false : 0;
    return [name, nested(leaf, shape.slice(1))] as const;
  });
  const row = rows.length === 1 ? rows[0]![1] : Object.fromEntries(rows);
  const text = JSON.stringify({ instances: [row] });
  return text.length > 200 ? '{"instances": [ROW]}' : text;
}

function nested(leaf: unknown, [size, ...inner]: readonly number[]): unknown {
  if (size === undefined) return leaf;
  return Array.from({ length: Math.min(Math.max(size, 1), 100) }, () => nested(leaf, inner));
}

/** Waits for the first signal; the next one, whichever it is, ends the process as it does any other. */
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
