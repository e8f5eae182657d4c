import { execFile } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  /** Whether the command exists and exited with 0. */
  readonly isSuccess: boolean;
  readonly isInstalled: boolean;
  /** Standard output, or standard error if the command failed. */
  readonly output: string;
}

/** Milliseconds after which a command counts as failed, such as one that waits for a network. */
const TIMEOUT = 20_000;

/** Runs a command to find out about this machine. On Windows the tools of clouds are scripts, which only a shell runs. */
export function run(command: string, ...args: string[]): Promise<CommandResult> {
  const options = { timeout: TIMEOUT, shell: process.platform === 'win32' };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const isInstalled = (error as NodeJS.ErrnoException | null)?.code !== 'ENOENT';
      resolve({ isSuccess: error === null, isInstalled, output: (error ? stderr : stdout).trim() });
    });
  });
}
