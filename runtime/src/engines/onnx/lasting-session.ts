import { InferenceError } from '../../tensor/errors.js';
import type { PlainTensor, ThreadSession } from './thread-session.js';

/** Milliseconds before the first restart. The delay doubles with each further one, up to the maximum. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** Options of a session that is reopened when its thread exits. */
export interface LastingOptions {
  /** Opens a session. Calls `onEnd` if its thread exits unexpectedly. */
  open(onEnd: (why: string) => void): Promise<ThreadSession>;
  /** Verifies the model file again before it is reopened. @default - the file is trusted not to change */
  verify?(): Promise<void>;
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

  /** Reason why no thread is running. Undefined if one is running. */
  get fault(): string | undefined {
    return this.failure;
  }

  /**
   * Runs the model in the thread.
   *
   * @throws Error with ONNX Runtime's message, or InferenceError `UNAVAILABLE` if no thread is running
   */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<Readonly<Record<string, PlainTensor>>> {
    if (!this.session)
      throw new InferenceError('UNAVAILABLE', 'the thread of the model exited and is being restarted', 1);
    const outputs = await this.session.run(feeds);
    this.ends = 0;
    return outputs;
  }

  /** Frees the model and ends the thread. */
  async release(): Promise<void> {
    this.isReleased = true;
    clearTimeout(this.timer);
    await this.opening;
    await this.session?.release();
  }

  private async start(): Promise<void> {
    this.session = await this.options.open((why) => this.recover(`the thread of the model failed: ${why}`));
    this.failure = undefined;
  }

  private recover(failure: string): void {
    this.session = undefined;
    this.failure = failure;
    if (this.isReleased) return;
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
