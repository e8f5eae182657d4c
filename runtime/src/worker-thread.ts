import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type Calls, Channel } from './channel.js';

/**
 * Starts a thread.
 *
 * @param path path of the thread's module without its extension: a file of the package or of the bundle, or a source
 */
export function startThread(path: string, workerData?: unknown): Worker {
  const compiled = `${path}.js`;
  if (existsSync(compiled)) return new Worker(compiled, { workerData });
  // The sources are TypeScript.
  const modules = [require.resolve('tsx/cjs'), `${path}.ts`];
  const code = modules.map((each) => `require(${JSON.stringify(each)});`).join('');
  return new Worker(code, { workerData, eval: true, execArgv: [] });
}

/** A thread whose functions are called. While it is idle, it does not keep the process busy. */
export class CalledThread<Remote extends Calls<Remote>> {
  /** Number of calls in flight. */
  calls = 0;
  /** Whether the thread has not exited. */
  isRunning = true;
  private readonly worker: Worker;
  private readonly channel: Channel<Remote>;

  /**
   * @param path path of the thread's module, as of {@link startThread}
   * @param name name of the thread in errors
   */
  constructor(path: string, name: string) {
    this.worker = startThread(path);
    this.channel = new Channel(name, (message, moved) => this.worker.postMessage(message, moved), {});
    this.worker.on('message', (message) => this.channel.receive(message));
    // Calls fail when the thread exits. Without a listener, the error would end the process.
    this.worker.on('error', () => {});
    this.worker.once('exit', () => {
      this.isRunning = false;
      this.channel.close();
    });
  }

  /**
   * Calls a function of the thread.
   *
   * @param moved memory of the arguments that is moved to the thread, not copied
   * @throws Error with the message of the thread, or InferenceError `UNAVAILABLE` if it has exited
   */
  async call<K extends keyof Remote & string>(
    moved: readonly ArrayBuffer[],
    name: K,
    ...args: Parameters<Remote[K]>
  ): Promise<Awaited<ReturnType<Remote[K]>>> {
    this.calls++;
    this.worker.ref();
    try {
      return await this.channel.callMoving(moved, name, ...args);
    } finally {
      this.calls--;
      if (this.calls === 0) this.worker.unref();
    }
  }

  /** Ends the thread. Calls in flight fail. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
