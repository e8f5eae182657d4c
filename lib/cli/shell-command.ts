import { spawn } from 'node:child_process';
import { once } from 'node:events';

const STANDARD_ERROR = 2;

/**
 * Runs a command of the user in a shell. Its output goes to standard error, so that standard output has only the result.
 *
 * @param variables environment variables in addition to those of this process
 * @returns why the command failed, as `exit code 1`, or undefined if it did not
 */
export async function shellFailure(
  command: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  try {
    const child = spawn(command, {
      shell: true,
      env: { ...process.env, ...variables },
      stdio: ['ignore', STANDARD_ERROR, STANDARD_ERROR],
    });
    const [code, signal] = await once(child, 'exit');
    if (code === 0) return undefined;
    return code === null ? `signal ${signal}` : `exit code ${code}`;
  } catch (error) {
    // The shell did not start, for example because the machine has no memory left.
    return (error as Error).message;
  }
}
