import { ENVIRONMENT } from '@modelship/runtime/contract';
import { readManifest } from '@modelship/runtime/manifest';
import type { EngineOptions, RuntimeConfig } from '@modelship/runtime/serve';
import type { Command } from 'commander';
import { CommandFailure } from './failure.js';

/** What is allowed to a package that runs on this machine. */
export interface LocalFlags {
  readonly trustPickle?: boolean;
}

/** Variables that say how a model is run. The others say what a server has, who may call it, and where. */
const RUN_VARIABLES: readonly string[] = [
  ENVIRONMENT.python,
  ENVIRONMENT.workers,
  ENVIRONMENT.workerMemoryMib,
  ENVIRONMENT.trustPickle,
  ENVIRONMENT.threads,
  ENVIRONMENT.maxQueue,
  ENVIRONMENT.batchWindowMs,
  ENVIRONMENT.timeoutSeconds,
  ENVIRONMENT.maxBodyBytes,
  ENVIRONMENT.logLevel,
];

/** Variables by which a server would have other models than the package that a command names. */
const OTHER_MODELS: readonly string[] = [ENVIRONMENT.models, ENVIRONMENT.modelControl];

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment for a server that others may call, and that has the package which was named and no other model. */
export function servingEnvironment(): Environment {
  return environmentWithout((name) => OTHER_MODELS.includes(name));
}

/** The environment for a server of this command's own, which nobody else calls. */
export function ownEnvironment(): Environment {
  const ours: readonly string[] = Object.values(ENVIRONMENT);
  return environmentWithout((name) => ours.includes(name) && !RUN_VARIABLES.includes(name));
}

function environmentWithout(isDropped: (name: string) => boolean): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isDropped(name)));
}

/** Adds the option by which every command that loads a model trusts it. */
export function withTrustOption(command: Command): Command {
  return command.option('--trust-pickle', 'allow a format whose loading can run code that the file holds');
}

/** How a package is loaded in this process: one thread adds in the same order every time. */
export function engineOptions({ trustPickle }: LocalFlags): EngineOptions {
  return {
    threads: 1,
    trustPickle: trustPickle ?? process.env[ENVIRONMENT.trustPickle] === 'true',
    python: process.env[ENVIRONMENT.python],
  };
}

/** A server in this process, for as long as a command needs it. */
export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the package in `directory` to this machine alone, on a free port.
 *
 * @throws ModelPackageError or CommandFailure
 */
export async function serveLocally(directory: string, flags: LocalFlags): Promise<LocalServer> {
  // Told here, because the server would log it too.
  readManifest(directory);
  const { startServer } = await import('@modelship/runtime/serve');
  const host = '127.0.0.1';
  const config = await serverConfig(directory, { ...flags, port: 0 }, ownEnvironment());
  const { port, close } = await startServer(config, host, {});
  return { url: `http://${host}:${port}`, close };
}

/**
 * How a server in this process serves the package in `directory`: as `environment` says, but for what the command line
 * does.
 *
 * @throws CommandFailure naming every variable that is wrong
 */
export async function serverConfig(
  directory: string,
  { trustPickle, port, threads }: LocalFlags & { readonly port: number; readonly threads?: number },
  environment: Environment,
): Promise<RuntimeConfig> {
  const { ConfigError, readConfig } = await import('@modelship/runtime/serve');
  try {
    return readConfig({
      [ENVIRONMENT.logLevel]: 'warn',
      ...environment,
      [ENVIRONMENT.model]: directory,
      [ENVIRONMENT.port]: String(port),
      ...(threads !== undefined && { [ENVIRONMENT.threads]: String(threads) }),
      ...(trustPickle && { [ENVIRONMENT.trustPickle]: 'true' }),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure('CONFIG_INVALID', error.message);
  }
}
