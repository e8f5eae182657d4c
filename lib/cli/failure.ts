import { CommanderError } from 'commander';

/** A failure that the user can fix. Its message is printed without a stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    /** Stable identifier for scripts. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Exit codes other than 130 and 143 for an interruption. */
export const EXIT = { success: 0, failure: 1, usage: 2, trafficUnknown: 3, bug: 70 } as const;

/** Returns the message to print for `error`, and the exit code. */
export function described(error: unknown): { code: string; message: string; exitCode: number } {
  if (error instanceof CommanderError) {
    return { code: 'USAGE', message: error.message.replace(/^error: /, ''), exitCode: EXIT.usage };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return { code: error.code, message: error.message, exitCode: EXIT.failure };
  }
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    exitCode: EXIT.bug,
  };
}
