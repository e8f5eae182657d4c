import { ENVIRONMENT } from '@modelship/runtime/contract';
import { readManifest } from '@modelship/runtime/manifest';
import type { EngineOptions, RuntimeConfig } from '@modelship/runtime/serve';
import type { Command } from 'commander';
import { pythonOptions } from '../pack/index.js';
import { CommandFailure } from './failure.js';
import type { Output } from './output.js';

/** Options of commands that load a package locally. */
export interface LocalFlags {
  readonly trustPickle?: boolean;
  readonly trustCode?: boolean;
}

/** Options of a command that starts a server. */
export interface ServerFlags extends LocalFlags {
  readonly port: number;
  readonly grpcPort?: number;
  readonly threads?: number;
}

/** Variables that configure how a model runs. The others configure the models, access and ports of a server. */
const RUN_VARIABLES: readonly string[] = [
  ENVIRONMENT.python,
  ENVIRONMENT.workers,
  ENVIRONMENT.workerMemoryMib,
  ENVIRONMENT.workerEnvironment,
  ENVIRONMENT.trustPickle,
  ENVIRONMENT.trustCode,
  ENVIRONMENT.threads,
  ENVIRONMENT.maxQueue,
  ENVIRONMENT.batchWindowMs,
  ENVIRONMENT.timeoutSeconds,
  ENVIRONMENT.maxBodyBytes,
  ENVIRONMENT.logLevel,
];

/** Variables that add models to a server beyond the package that a command names. */
const OTHER_MODELS: readonly string[] = [ENVIRONMENT.models, ENVIRONMENT.modelControl];

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the environment of a server that serves only the named package, but accepts other callers. */
export function servingEnvironment(): Environment {
  return environmentWithout((name) => OTHER_MODELS.includes(name));
}

/** Returns the environment of a server that only this command calls. */
export function ownEnvironment(): Environment {
  const ours: readonly string[] = Object.values(ENVIRONMENT);
  return environmentWithout((name) => ours.includes(name) && !RUN_VARIABLES.includes(name));
}

function environmentWithout(isDropped: (name: string) => boolean): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isDropped(name)));
}

/** Adds the options to trust formats that can run code when loaded, and handlers. */
export function withTrustOptions(command: Command): Command {
  return command
    .option(
      '--trust-pickle',
      'allow formats whose loading can run code from the file; use for files you trust as your own code',
    )
    .option('--trust-code', 'run the Python code of handlers; use for code you trust as your own');
}

/** Returns the options of trust as arguments of a command. */
export function trustArguments({ trustPickle, trustCode }: LocalFlags): string[] {
  return [...(trustPickle ? ['--trust-pickle'] : []), ...(trustCode ? ['--trust-code'] : [])];
}

/** Returns the options to load a package in this process. A single thread makes sums reproducible. */
export function engineOptions({ trustPickle, trustCode }: LocalFlags): EngineOptions {
  return {
    threads: 1,
    trustPickle: trustPickle ?? process.env[ENVIRONMENT.trustPickle] === 'true',
    trustCode: trustCode ?? process.env[ENVIRONMENT.trustCode] === 'true',
    ...pythonOptions(),
  };
}

/** A server in this process that a command closes when it is done. */
export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the package in `directory` on a free port of the loopback interface.
 *
 * @throws ModelPackageError or CommandFailure
 */
export async function serveLocally(directory: string, flags: LocalFlags, output: Output): Promise<LocalServer> {
  // The server would log an invalid manifest in addition to throwing the error.
  readManifest(directory);
  const { startServer } = await import('@modelship/runtime/serve');
  const host = '127.0.0.1';
  const config = await serverConfig(directory, { ...flags, port: 0 }, ownEnvironment());
  const { port, close } = await output.progress(`Load ${directory}`, () => startServer(config, host, {}));
  return { url: `http://${host}:${port}`, close };
}

/**
 * Returns the configuration to serve the package in `directory` in this process: `environment`, overridden by the
 * flags.
 *
 * @throws CommandFailure listing every invalid variable
 */
export async function serverConfig(
  directory: string,
  { trustPickle, trustCode, port, grpcPort, threads }: ServerFlags,
  environment: Environment,
): Promise<RuntimeConfig> {
  const { ConfigError, readConfig } = await import('@modelship/runtime/serve');
  try {
    return readConfig({
      [ENVIRONMENT.logLevel]: 'warn',
      ...environment,
      [ENVIRONMENT.model]: directory,
      [ENVIRONMENT.port]: String(port),
      ...(grpcPort !== undefined && { [ENVIRONMENT.grpcPort]: String(grpcPort) }),
      ...(threads !== undefined && { [ENVIRONMENT.threads]: String(threads) }),
      ...(trustPickle && { [ENVIRONMENT.trustPickle]: 'true' }),
      ...(trustCode && { [ENVIRONMENT.trustCode]: 'true' }),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure('CONFIG_INVALID', error.message);
  }
}
