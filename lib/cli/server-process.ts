import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CommandFailure } from './failure.js';
import type { Interruption } from './interruption.js';
import { interrupted } from './load-failures.js';
import { type LocalFlags, ownEnvironment, type ServerFlags, trustArguments } from './local.js';

/** Server of a package in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/**
 * Starts the server in a separate process, so that the load generator does not compete for its CPU time. The server
 * exits when the channel to this process closes, even after a crash. Terminal signals reach only this process.
 */
export async function startServer(
  directory: string,
  flags: LocalFlags & Pick<ServerFlags, 'threads'>,
  { signal }: Pick<Interruption, 'signal'>,
): Promise<ServerProcess> {
  const threads = flags.threads === undefined ? [] : ['--threads', String(flags.threads)];
  const args = ['serve', directory, '--port', '0', '--json', ...threads, ...trustArguments(flags)];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  for await (const line of createInterface({ input: child.stdout! })) {
    const event = JSON.parse(line);
    if (typeof event.url !== 'string') continue;
    signal.removeEventListener('abort', stop);
    return { url: event.url, pid: child.pid!, close: () => ended(child) };
  }
  if (signal.aborted) throw interrupted();
  throw new CommandFailure('NOT_SERVED', `${directory} could not be served; see above.`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
