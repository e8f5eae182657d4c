import { InferenceError } from '../../tensor/errors.js';
import type { MeasuredRun, PlainTensor, SessionMetadata, ThreadSession } from './thread-session.js';

/** Milliseconds before the first restart. The delay doubles with each further one, up to the maximum. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** Maximum number of threads whose run does not end. Each keeps a processor busy, and a copy of the model in memory. */
const MAX_ABANDONED = 2;

/** Options of a session that is reopened when its thread exits. */
export interface LastingOptions {
  /** Opens a session. Calls `onEnd` if its thread exits unexpectedly. */
  open(onEnd: (why: string) => void): Promise<ThreadSession>;
  /** Verifies the model file again before it is reopened. @default - the file is trusted not to change */
  verify?(): Promise<void>;
  /** Milliseconds after which a run is abandoned and its thread replaced. @default - runs have no limit */
  readonly limitMs?: number;
  /** Receives a log line each time the thread exits. */
  onLine(line: string): void;
}

/** A session in its own thread that is reopened when the thread exits, for example because it ran out of memory. */
export class LastingSession {
  private session: ThreadSession | undefined;
  private failure: string | undefined;
  /** Thread exits since the last successful run. */
  private ends = 0;
  private timer: NodeJS.Timeout | undefined;
  private opening: Promise<void> = Promise.resolve();
  private isReleased = false;
  private pending = 0;
  private watchdog: NodeJS.Timeout | undefined;
  /** Threads with a run that exceeded its limit. A thread cannot be interrupted while native code runs. */
  private readonly abandoned = new Set<Promise<void>>();

  /**
   * Opens the session in a thread.
   *
   * @throws Error if ONNX Runtime cannot load the model
   */
  static async open(options: LastingOptions): Promise<LastingSession> {
    const lasting = new LastingSession(options);
    await lasting.start();
    return lasting;
  }

  private constructor(private readonly options: LastingOptions) {}

  /** Inputs and outputs of the model. @default - no thread is running */
  get metadata(): SessionMetadata | undefined {
    return this.session?.metadata;
  }

  /** Reason why no thread is running. Undefined if one is running. */
  get fault(): string | undefined {
    return this.failure;
  }

  /**
   * Runs the model in the thread.
   *
   * @throws Error with ONNX Runtime's message, or InferenceError `UNAVAILABLE` if no thread is running
   */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<MeasuredRun> {
    if (!this.session)
      throw new InferenceError('UNAVAILABLE', 'the thread of the model exited and is being restarted', 1);
    this.pending++;
    if (this.pending === 1) this.watch();
    try {
      const run = await this.session.run(feeds);
      this.ends = 0;
      return run;
    } finally {
      this.pending--;
      // The next run begins when this one ends.
      this.watch();
    }
  }

  /** Frees the model and ends the thread. */
  async release(): Promise<void> {
    this.isReleased = true;
    clearTimeout(this.timer);
    await this.opening;
    await this.session?.release();
    // The process cannot exit before they do, so it has to be killed if they never end.
    await Promise.all(this.abandoned);
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
    const { limitMs } = this.options;
    if (limitMs === undefined || this.pending === 0) return;
    this.watchdog = setTimeout(() => this.abandon(limitMs), limitMs).unref();
  }

  private abandon(limitMs: number): void {
    const { session } = this;
    if (!session) return;
    const why = `a run of the model did not end within ${limitMs / 1000} s`;
    const ended = session.abandon(new InferenceError('DEADLINE_EXCEEDED', why)).then(() => {
      const wasFull = this.abandoned.size === MAX_ABANDONED;
      this.abandoned.delete(ended);
      if (wasFull) this.recover(`${this.abandoned.size} runs of the model do not end`);
    });
    this.abandoned.add(ended);
    this.recover(`${why}, and its thread is replaced`);
  }

  private async start(): Promise<void> {
    this.session = await this.options.open((why) => this.recover(`the thread of the model failed: ${why}`));
    this.failure = undefined;
  }

  private recover(failure: string): void {
    this.session = undefined;
    this.failure = failure;
    if (this.isReleased) return;
    if (this.abandoned.size >= MAX_ABANDONED) {
      this.failure = `${failure}; ${this.abandoned.size} threads do not end, so no other thread starts`;
      this.options.onLine(this.failure);
      return;
    }
    this.options.onLine(`${failure}; it is being restarted`);
    const delay = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.ends++);
    this.timer = setTimeout(() => {
      this.opening = this.startAgain();
    }, delay).unref();
  }

  private async startAgain(): Promise<void> {
    try {
      await this.options.verify?.();
      await this.start();
    } catch (error) {
      this.recover((error as Error).message);
    }
  }
}
