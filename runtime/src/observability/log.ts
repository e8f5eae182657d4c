/** How much is logged; each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** The names that Google's Cloud Logging has for the levels. */
const SEVERITY: Readonly<Record<LogLevel, string>> = { error: 'ERROR', warn: 'WARNING', info: 'INFO', debug: 'DEBUG' };

/** What a line tells beside its message. */
export interface LogFields extends Readonly<Record<string, unknown>> {
  /** The trace of the request that the line is about. */
  readonly trace_id?: string;
}

/** Writes one JSON object a line. Neither payloads nor credentials are ever given to it. */
export class Logger {
  /** @param googleProject the project in whose Cloud Trace the traces are @default lines name the trace alone */
  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line),
    private readonly googleProject?: string,
  ) {}

  /** Whether lines of `level` are written. */
  has(level: LogLevel): boolean {
    return RANK[level] <= RANK[this.level];
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (!this.has(level)) return;
    const line = { time: new Date().toISOString(), level, severity: SEVERITY[level], message, ...fields };
    this.write(`${JSON.stringify({ ...line, ...this.link(fields.trace_id) })}\n`);
  }

  /** Logs a failure with its stack, which callers never see. */
  failure(message: string, error: unknown, fields: LogFields = {}): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('error', message, { ...fields, error: detail });
  }

  /** By which Cloud Logging shows the line beside its trace. */
  private link(trace: string | undefined): object {
    if (trace === undefined || this.googleProject === undefined) return {};
    return { 'logging.googleapis.com/trace': `projects/${this.googleProject}/traces/${trace}` };
  }
}
