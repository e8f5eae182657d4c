/** How much is logged; each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Writes one JSON object a line. Neither payloads nor credentials are ever given to it. */
export class Logger {
  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line),
  ) {}

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (RANK[level] > RANK[this.level]) return;
    this.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  }

  /** Logs a failure with its stack, which callers never see. */
  failure(message: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('error', message, { ...fields, error: detail });
  }
}
