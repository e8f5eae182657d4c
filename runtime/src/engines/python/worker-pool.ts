import { ModelPackageError } from '../../manifest/index.js';
import { InferenceError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { InputNotRead, Worker, type WorkerCall, type WorkerModel, type WorkerOptions } from './worker.js';

/** Options of a worker pool. */
export interface PoolOptions extends WorkerOptions {
  /**
   * Bytes of memory above which a worker is replaced as soon as it is idle. A worker that exceeds it by a quarter is
   * killed, even during a run.
   */
  readonly memoryBytes: number;
  /** Verifies the model files again before another worker reads them. */
  readonly verify: () => Promise<void>;
}

/**
 * Number of exits without a response in between that count as a crash loop. Requests then no longer wait for the
 * worker.
 */
const CRASH_LOOP = 4;

/** Milliseconds before the first restart. The delay doubles with each further one, up to the maximum. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** Milliseconds between checks of the workers' memory. */
const WATCH_MS = 250;

/** Memory limit during a run, as a multiple of the limit when idle. */
const RUN_FACTOR = 1.25;

/** A slot of the pool. Its worker is replaced when it exits. */
interface Slot {
  worker: Worker | undefined;
  /** Whether its worker has loaded the model and is running. */
  isUp: boolean;
  isIdle: boolean;
  /** Whether its worker exceeds the memory limit. */
  isFull: boolean;
  /** Worker exits since the last response. */
  crashes: number;
}

/** Several workers of one model. A worker that exits fails only its current request, and is replaced. */
export class WorkerPool {
  private readonly slots: Slot[];
  private readonly waiting: { resolve(slot: Slot): void; reject(error: Error): void }[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly watch: NodeJS.Timeout;
  private isClosed = false;
  private startFault: string | undefined;

  constructor(
    size: number,
    private readonly options: PoolOptions,
  ) {
    this.slots = Array.from({ length: size }, () => ({
      worker: undefined,
      isUp: false,
      isIdle: false,
      isFull: false,
      crashes: 0,
    }));
    this.watch = setInterval(() => this.watchMemory(), WATCH_MS).unref();
  }

  /**
   * Starts all workers.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the model cannot be loaded or exceeds the memory limit of a worker,
   * or if its workers keep exiting
   */
  async load(): Promise<WorkerModel> {
    try {
      const [model] = await Promise.all(this.slots.map((slot) => this.firstStart(slot)));
      return model!;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Runs the model on an idle worker, or waits for one.
   *
   * @throws InferenceError
   */
  async run(inputs: readonly Tensor[], call: WorkerCall): Promise<Tensor[]> {
    try {
      return await this.runOnce(inputs, call);
    } catch (error) {
      if (!(error instanceof InputNotRead)) throw error;
      // The model has not seen the request, so it is retried. It is retried only once, because reading it may have
      // crashed the process.
      return this.runOnce(inputs, call);
    }
  }

  private async runOnce(inputs: readonly Tensor[], call: WorkerCall): Promise<Tensor[]> {
    const slot = await this.acquire();
    const worker = slot.worker!;
    try {
      return await worker.run(inputs, call);
    } finally {
      if (worker.isAlive) {
        slot.crashes = 0;
        this.release(slot);
      }
    }
  }

  /**
   * Whether a request can succeed. A running worker counts even in a crash loop, because only a request can end the
   * loop.
   */
  get isHealthy(): boolean {
    return this.slots.some(({ isUp, crashes }) => isUp || crashes < CRASH_LOOP);
  }

  /** Reason why no worker can start. Undefined if workers can start. */
  get fault(): string | undefined {
    return this.startFault;
  }

  /** Stops all workers. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.watch);
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.slots.map((slot) => slot.worker?.close()));
  }

  private async firstStart(slot: Slot): Promise<WorkerModel> {
    for (;;) {
      try {
        return await this.start(slot);
      } catch (error) {
        if (error instanceof ModelPackageError || this.isClosed) throw error;
        slot.crashes++;
        if (slot.crashes >= CRASH_LOOP) throw this.crashLoop(slot, error as Error);
        await new Promise<void>((resolve) => this.later(slot, resolve));
      }
    }
  }

  private async start(slot: Slot): Promise<WorkerModel> {
    // The caller has verified the files that the first worker reads.
    if (slot.worker) await this.verify(slot);
    const worker = new Worker(this.options);
    slot.worker = worker;
    const model = await worker.load();
    if (this.isClosed) throw new Error('the model was closed');
    const bytes = worker.memoryBytes ?? 0;
    if (bytes > this.options.memoryBytes) {
      void worker.close();
      throw this.tooLarge(bytes);
    }
    slot.isUp = true;
    void worker.ended.then(() => {
      if (slot.worker === worker && slot.isUp) this.replace(slot);
    });
    this.release(slot);
    return model;
  }

  /**
   * Verifies the files again before a worker loads them. A later start succeeds once the original files are restored.
   */
  private async verify(slot: Slot): Promise<void> {
    try {
      await this.options.verify();
      this.startFault = undefined;
    } catch (error) {
      this.startFault = 'the files of the model changed after they were verified, so its workers cannot restart';
      // Requests must not wait for files that only an operator can restore.
      slot.crashes = Math.max(slot.crashes, CRASH_LOOP);
      throw error;
    }
    if (this.isClosed) throw new Error('the model was closed');
  }

  private replace(slot: Slot): void {
    slot.crashes++;
    this.startLater(slot, `a worker exited, ${slot.crashes} times in a row without a response`);
  }

  private startAgain(slot: Slot): void {
    this.start(slot).catch((error) => {
      // A worker that exits before it is ready is not yet watched.
      slot.crashes++;
      this.startLater(slot, `a worker cannot start: ${error.message}`);
    });
  }

  private startLater(slot: Slot, why: string): void {
    if (this.isClosed) return;
    takeDown(slot);
    this.options.onLine(why);
    this.later(slot, () => this.startAgain(slot));
    if (!this.isHealthy) for (const { reject } of this.waiting.splice(0)) reject(this.notReady());
  }

  /** Replaces an idle worker. Meanwhile requests wait, or are shed if their queue is full. */
  private async recycle(slot: Slot): Promise<void> {
    takeDown(slot);
    this.options.onLine(
      `a worker is being replaced, because it uses more than ${mebibytes(this.options.memoryBytes)} MiB`,
    );
    // The old and the new worker together could exceed the available memory.
    await slot.worker!.close();
    if (!this.isClosed) this.startAgain(slot);
  }

  /** Whether the other workers can respond meanwhile. */
  private isDispensable(slot: Slot): boolean {
    return this.slots.every((other) => other === slot || other.isUp);
  }

  private watchMemory(): void {
    for (const slot of this.slots) {
      const bytes = slot.isUp ? (slot.worker!.memoryBytes ?? 0) : 0;
      if (bytes <= this.options.memoryBytes) continue;
      slot.isFull = true;
      if (slot.isIdle && this.isDispensable(slot)) void this.recycle(slot);
      else if (bytes > this.options.memoryBytes * RUN_FACTOR) {
        slot.worker!.kill(`it took ${mebibytes(bytes)} MiB of memory, more than its limit`);
      }
    }
  }

  private later(slot: Slot, action: () => void): void {
    const limit = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** slot.crashes);
    // The delay is random, so that workers that exited together do not restart together.
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        action();
      },
      limit * (0.5 + Math.random() / 2),
    );
    this.timers.add(timer);
  }

  private acquire(): Promise<Slot> {
    const idle = this.slots.find((slot) => slot.isIdle);
    if (idle) {
      idle.isIdle = false;
      return Promise.resolve(idle);
    }
    if (!this.isHealthy) return Promise.reject(this.notReady());
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private release(slot: Slot): void {
    if (slot.isFull && this.isDispensable(slot)) {
      void this.recycle(slot);
      return;
    }
    const next = this.waiting.shift();
    slot.isIdle = next === undefined;
    next?.resolve(slot);
  }

  private notReady(): InferenceError {
    const why = this.startFault ?? 'the workers of the model keep failing';
    return new InferenceError('UNAVAILABLE', why, MAX_BACKOFF_MS / 1000);
  }

  private crashLoop({ crashes }: Slot, { message }: Error): ModelPackageError {
    const { path, python } = this.options;
    return new ModelPackageError(
      'ARTIFACT_INVALID',
      `the worker of ${path} exited ${crashes} times before it had loaded the model: ${message}. See what it wrote to ` +
        `the log, and check that ${python} has Python 3.9 or later with numpy and the model's packages.`,
    );
  }

  private tooLarge(bytes: number): ModelPackageError {
    const { path, memoryBytes } = this.options;
    return new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} uses ${mebibytes(bytes)} MiB of memory after loading, and the limit for each worker is ` +
        `${mebibytes(memoryBytes)} MiB. Give the server more memory or fewer workers, or raise MODELSHIP_WORKER_MEMORY_MIB.`,
    );
  }
}

function takeDown(slot: Slot): void {
  Object.assign(slot, { isUp: false, isIdle: false, isFull: false });
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
