import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const exit = (_: NodeJS.Signals, number: number) => process.exit(128 + number);

/** Ends the process at the first signal. Handlers of `exit` remove what is incomplete, and a signal alone does not run them. */
export function exitOnSignals(): void {
  for (const name of SIGNALS) process.removeListener(name, exit).once(name, exit);
}

/** Lets a command finish after the first signal. The process then exits with 128 plus the signal number. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (name: (typeof SIGNALS)[number]) => {
    process.exitCode = 128 + constants.signals[name];
    this.close();
    this.controller.abort();
  };

  constructor() {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Restores the default handlers, so that a further signal ends the process immediately. */
  close(): void {
    for (const name of SIGNALS) process.removeListener(name, this.onSignal);
  }
}
