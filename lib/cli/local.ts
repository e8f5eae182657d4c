import { ENVIRONMENT } from '@modelship/runtime/contract';
import { readManifest } from '@modelship/runtime/manifest';
import type { EngineOptions, RuntimeConfig } from '@modelship/runtime/serve';
import type { Command } from 'commander';
import { CommandFailure } from './failure.js';

/** What is allowed to a package that runs on this machine. */
export interface LocalFlags {
  readonly trustPickle?: boolean;
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
  const { port, close } = await startServer(await serverConfig(directory, { ...flags, port: 0 }), host, {});
  return { url: `http://${host}:${port}`, close };
}

/**
 * How a server in this process serves the package in `directory`: as the environment says, but for what the command
 * line does.
 *
 * @throws CommandFailure naming every variable that is wrong
 */
export async function serverConfig(
  directory: string,
  { trustPickle, port, threads }: LocalFlags & { readonly port: number; readonly threads?: number },
): Promise<RuntimeConfig> {
  const { ConfigError, readConfig } = await import('@modelship/runtime/serve');
  try {
    return readConfig({
      [ENVIRONMENT.logLevel]: 'warn',
      ...process.env,
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
