/** Observer of a model's queue. */
export interface SchedulerObserver {
  /** Reports that a request starts to run after `queuedMs` in the queue. */
  started(queuedMs: number): void;
  ran(run: Run): void;
  /** Reports that a request succeeded, or failed with `error`. */
  ended(error?: unknown): void;
}

/** One run of the model, for one request or a batch. */
export interface Run {
  readonly rows: number;
  readonly requests: number;
  /** Sum of the milliseconds that the requests waited in the queue. */
  readonly queuedMs: number;
  readonly elapsedMs: number;
  /** Whether the model succeeded. */
  readonly succeeded: boolean;
}
