import { InferenceError } from '../../tensor/errors.js';
import type { PlainTensor, ThreadSession } from './thread-session.js';

/** Milliseconds before the first attempt to open it again; each further one waits twice as long, up to the second. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** What it needs to open a session. */
export interface LastingOptions {
  /** Opens a session, and tells `onEnd` if its thread ends though nobody asked for that. */
  open(onEnd: (why: string) => void): Promise<ThreadSession>;
  /** Verifies once more what the session is opened from. @default it is trusted to stay as it was */
  verify?(): Promise<void>;
  /** Takes a line about each end. */
  onLine(line: string): void;
}

/** A session in a thread of its own, which is opened again when the thread has ended: for want of memory, say. */
export class LastingSession {
  private session: ThreadSession | undefined;
  private failure: string | undefined;
  /** Ends since the last answer. */
  private ends = 0;
  private timer: NodeJS.Timeout | undefined;
  private opening: Promise<void> = Promise.resolve();
  private isReleased = false;

  /** @throws Error if ONNX Runtime cannot load the model */
  static async open(options: LastingOptions): Promise<LastingSession> {
    const lasting = new LastingSession(options);
    await lasting.start();
    return lasting;
  }

  private constructor(private readonly options: LastingOptions) {}

  /** Why there is no thread now; undefined if there is one. */
  get fault(): string | undefined {
    return this.failure;
  }

  /** @throws Error as ONNX Runtime words it, or InferenceError `UNAVAILABLE` if there is no thread */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<Readonly<Record<string, PlainTensor>>> {
    if (!this.session)
      throw new InferenceError('UNAVAILABLE', 'the thread of the model ended, and is started again', 1);
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
    this.options.onLine(`${failure}; it is started again`);
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
