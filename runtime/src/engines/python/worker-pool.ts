import { ModelPackageError } from '../../manifest/index.js';
import { InferenceError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Unread, Worker, type WorkerModel, type WorkerOptions } from './worker.js';

/** How the workers of a model are kept. */
export interface PoolOptions extends WorkerOptions {
  /**
   * Bytes of memory above which a worker is replaced as soon as it is idle. With a quarter more it is killed, whatever it
   * does.
   */
  readonly memoryBytes: number;
  /** Verifies the files of the model, before a worker reads those that another has read. */
  readonly verify: () => Promise<void>;
}

/** A worker that ended this often without an answer in between is in a crash loop: requests no longer wait for it. */
const CRASH_LOOP = 4;

/** Milliseconds before the first restart; each further one waits twice as long, up to the second. */
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 30_000;

/** Milliseconds between looks at the memory of the workers. */
const WATCH_MS = 250;

/** Of the memory that a worker may take when it is idle: what it may take while it runs. */
const RUN_FACTOR = 1.25;

/** A place for a worker, which is taken again when that ends. */
interface Slot {
  worker: Worker | undefined;
  /** Whether its worker has loaded the model, and has not ended. */
  isUp: boolean;
  isIdle: boolean;
  /** Whether its worker takes too much memory. */
  isFull: boolean;
  /** Ends since the last answer. */
  crashes: number;
}

/** Several workers of one model. The end of one costs the request that it had; another takes its place. */
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
   * @throws ModelPackageError `ARTIFACT_INVALID` if the model cannot be loaded, takes more memory than a worker may, or
   * its workers keep ending meanwhile
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

  /** @throws InferenceError */
  async run(inputs: readonly Tensor[], signature: string): Promise<Tensor[]> {
    try {
      return await this.runOnce(inputs, signature);
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      // The model has not seen the request. Only once, because reading it may have been what the process could not bear.
      return this.runOnce(inputs, signature);
    }
  }

  private async runOnce(inputs: readonly Tensor[], signature: string): Promise<Tensor[]> {
    const slot = await this.acquire();
    const worker = slot.worker!;
    try {
      return await worker.run(inputs, signature);
    } finally {
      if (worker.isAlive) {
        slot.crashes = 0;
        this.release(slot);
      }
    }
  }

  /** Whether a request has a chance: without one, a worker that came up again would never be asked to prove itself. */
  get isHealthy(): boolean {
    return this.slots.some(({ isUp, crashes }) => isUp || crashes < CRASH_LOOP);
  }

  /** Why no worker may start; undefined if one may. */
  get fault(): string | undefined {
    return this.startFault;
  }

  /** Ends all workers. */
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
    // The caller verified what the first one reads.
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

  /** Nothing is loaded but what was verified. Files that are brought back are found by one of the later starts. */
  private async verify(slot: Slot): Promise<void> {
    try {
      await this.options.verify();
      this.startFault = undefined;
    } catch (error) {
      this.startFault =
        'the files of the model are no longer those that were verified, and its processes cannot start again';
      // Requests need not wait for what will not come by itself.
      slot.crashes = Math.max(slot.crashes, CRASH_LOOP);
      throw error;
    }
    if (this.isClosed) throw new Error('the model was closed');
  }

  private replace(slot: Slot): void {
    slot.crashes++;
    this.startLater(slot, `a worker ended, ${slot.crashes} times without an answer in between`);
  }

  private startAgain(slot: Slot): void {
    this.start(slot).catch((error) => {
      // One that ends before it is ready was not yet watched.
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

  /** Replaces a worker that has no request. Requests wait meanwhile, or are shed if their queue is full. */
  private async recycle(slot: Slot): Promise<void> {
    takeDown(slot);
    this.options.onLine(`a worker is replaced, because it takes more than ${mebibytes(this.options.memoryBytes)} MiB`);
    // The old and the new one together might take more than there is.
    await slot.worker!.close();
    if (!this.isClosed) this.startAgain(slot);
  }

  /** Whether the others can answer meanwhile. */
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
        slot.worker!.kill(`it took ${mebibytes(bytes)} MiB of memory, which is more than it may`);
      }
    }
  }

  private later(slot: Slot, action: () => void): void {
    const limit = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** slot.crashes);
    // Workers that ended together are not to start together.
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
      `the worker of ${path} ended ${crashes} times before it had loaded the model: ${message}. See what it wrote to ` +
        `the log, and check that ${python} has Python 3.9 or later with numpy and the model's packages.`,
    );
  }

  private tooLarge(bytes: number): ModelPackageError {
    const { path, memoryBytes } = this.options;
    return new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} takes ${mebibytes(bytes)} MiB of memory once it is loaded, and each worker may take ` +
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
