/** Takes the measure of a queue. */
export interface SchedulerObserver {
  /** A request that waited so long runs now. */
  started(queuedMs: number): void;
  ran(run: Run): void;
  /** A request has its answer, or `error` in its place. */
  ended(error?: unknown): void;
}

/** One run of the model, for one request or several. */
export interface Run {
  readonly rows: number;
  readonly requests: number;
  /** How long the requests had waited, added up. */
  readonly queuedMs: number;
  readonly elapsedMs: number;
  /** False if the model failed. */
  readonly succeeded: boolean;
}
