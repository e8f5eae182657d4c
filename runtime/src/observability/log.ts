/** Log level; each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Severity names of Google Cloud Logging by level. */
const SEVERITY: Readonly<Record<LogLevel, string>> = { error: 'ERROR', warn: 'WARNING', info: 'INFO', debug: 'DEBUG' };

/** Fields of a log line in addition to its message. */
export interface LogFields extends Readonly<Record<string, unknown>> {
  /** Trace ID of the request that the line refers to. */
  readonly trace_id?: string;
}

/** Logger that writes one JSON object per line. Callers must never pass it payloads or credentials. */
export class Logger {
  /**
   * @param googleProject project that stores the traces in Cloud Trace
   * @default - lines contain only the trace ID
   */
  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line),
    private readonly googleProject?: string,
  ) {}

  /** Returns whether lines of `level` are written. */
  has(level: LogLevel): boolean {
    return RANK[level] <= RANK[this.level];
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (!this.has(level)) return;
    const line = { time: new Date().toISOString(), level, severity: SEVERITY[level], message, ...fields };
    this.write(`${JSON.stringify({ ...line, ...this.link(fields.trace_id) })}\n`);
  }

  /** Logs a failure with its stack trace, which is never sent to callers. */
  failure(message: string, error: unknown, fields: LogFields = {}): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('error', message, { ...fields, error: detail });
  }

  /** Returns the field that links the line to its trace in Cloud Logging. */
  private link(trace: string | undefined): object {
    if (trace === undefined || this.googleProject === undefined) return {};
    return { 'logging.googleapis.com/trace': `projects/${this.googleProject}/traces/${trace}` };
  }
}
