import type { LoadedModel } from '../engines/engine.js';
import { UNCOUNTED_BYTES } from '../http/byte-budget.js';
import type { SchedulerObserver } from '../observability/scheduler-observer.js';
import { hasRows, isBatchable, joinRows, rowsOf, sameRowShape, splitRows } from '../tensor/batch.js';
import { InferenceError } from '../tensor/errors.js';
import { memoryOf } from '../tensor/memory.js';
import type { CallTrace, Cancellation, InferenceResponse, TextOptions } from '../tensor/request.js';
import type { Tensor } from '../tensor/tensor.js';

/** Batching settings of a model. */
export interface BatchOptions {
  /** Maximum number of rows per batch; 1 disables batching. */
  readonly maxBatchRows: number;
  /**
   * Returns the maximum number of rows of a batch with a request, from the length of its rows.
   *
   * @default - `maxBatchRows` for every request
   */
  readonly maxRowsWith?: (inputs: readonly Tensor[]) => number;
  /**
   * Names of the signatures whose requests may be batched.
   *
   * @default - all signatures whose tensors have a variable number of rows
   */
  readonly batchable?: readonly string[];
}

/** Queue and batching settings of a model. */
export interface SchedulerOptions extends BatchOptions {
  /** Maximum number of waiting requests. Further requests are rejected. */
  readonly maxQueue: number;
  /** Milliseconds from arrival after which a request times out. */
  readonly timeoutMs: number;
  /**
   * Milliseconds that a request may wait for others to fill its batch. At 0, an idle model starts immediately.
   *
   * @default 0
   */
  readonly batchWindowMs?: number;
  /** Observer of queue and run events. @default - no observer */
  readonly observer?: SchedulerObserver;
  /**
   * Callback for a signature that is no longer batched, because its output row count differed from its input row count.
   */
  readonly onRowCountMismatch?: (signatureName: string) => void;
}

interface Waiting {
  readonly inputs: readonly Tensor[];
  readonly signatureName: string;
  readonly signal: Cancellation | undefined;
  /** Bytes of memory that count for the inputs until the request has ended. */
  readonly bytes: number;
  /** Number of rows; undefined if the request must run alone. */
  rows: number | undefined;
  /** Maximum number of rows of a batch with this request. */
  readonly maxRows: number;
  readonly text: TextOptions | undefined;
  /** The options as text, which is equal for requests that may run together. */
  readonly textKey: string | undefined;
  readonly arrival: number;
  readonly deadline: number;
  readonly trace: CallTrace | undefined;
  readonly resolve: (response: InferenceResponse) => void;
  readonly reject: (error: unknown) => void;
  settled: boolean;
}

/** Copies of the inputs of a run: decoded, joined to a batch, and in the memory of the model's thread or process. */
const INPUT_COPIES = 3;

/** Copies of the outputs of a run: two between threads, and their text, which takes about twice as much. */
const OUTPUT_COPIES = 4;

/** Counts the memory of tensors. @throws InferenceError if the budget does not allow it */
function hold(signal: Cancellation | undefined, bytes: number): void {
  if (bytes > UNCOUNTED_BYTES) signal?.held?.take(bytes);
}

function release({ signal, bytes }: Waiting): void {
  if (bytes > UNCOUNTED_BYTES && signal?.held) signal.held.resize(signal.held.bytes - bytes);
}

/**
 * Request queue of one model. Without a batch window, batching adds no wait. Requests that arrive while the engine is
 * busy run together once it is free. An idle engine starts as soon as the sockets that are readable now have been read.
 *
 * Models take turns: each starts one batch per turn of the event loop, so that none waits for more than one batch of
 * each other model.
 */
export class Scheduler {
  private queue: Waiting[] = [];
  // An array instead of a Set, because the tables that a growing Set discards keep requests in memory until a full
  // garbage collection.
  private readonly running: (readonly Waiting[])[] = [];
  private isScheduled = false;
  private timer: NodeJS.Timeout | undefined;
  private window: NodeJS.Timeout | undefined;
  private idleWaiters: (() => void)[] = [];
  private batching!: BatchOptions;
  private batchable!: Set<string>;
  /** Number of runs that the engine may queue. */
  private queuedRuns!: number;

  constructor(
    private readonly model: LoadedModel,
    private readonly options: SchedulerOptions,
  ) {
    this.setBatching(options);
  }

  /** Sets how requests are batched that arrive from now on. */
  setBatching(batching: BatchOptions): void {
    const { model } = this;
    this.batching = batching;
    // Waiting requests stay in this queue to form the next batch. Without batching, the engine may queue some ahead.
    this.queuedRuns = batching.maxBatchRows > 1 ? 0 : (model.queuedRuns ?? 0);
    const { batchable = Object.keys(model.signatures), maxBatchRows } = batching;
    const names = batchable.filter((name) => isBatchable(model.signatures[name]!));
    this.batchable = new Set(maxBatchRows > 1 ? names : []);
  }

  private get hasRoom(): boolean {
    return this.running.length < (this.model.concurrency ?? 1) + this.queuedRuns;
  }

  /** Number of requests that wait or run. */
  get depth(): number {
    let depth = this.queue.length;
    for (const batch of this.running) depth += batch.length;
    return depth;
  }

  /**
   * Runs the model on `inputs`, batched with other waiting requests if possible.
   *
   * @throws InferenceError `UNAVAILABLE` if the queue is full, `DEADLINE_EXCEEDED`, `CANCELLED`, or the model's own
   * error
   */
  submit(
    inputs: readonly Tensor[],
    signatureName: string,
    signal?: Cancellation,
    text?: TextOptions,
  ): Promise<InferenceResponse> {
    const { maxQueue, observer } = this.options;
    const { maxBatchRows, maxRowsWith } = this.batching;
    if (this.queue.length >= maxQueue) this.dropUnwanted();
    if (this.queue.length >= maxQueue) {
      const full = new InferenceError(
        'UNAVAILABLE',
        `the queue of the model is full: ${maxQueue} requests are waiting`,
        1,
      );
      observer?.ended(full);
      return Promise.reject(full);
    }
    const bytes = INPUT_COPIES * memoryOf(inputs);
    try {
      hold(signal, bytes);
    } catch (error) {
      observer?.ended(error);
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const arrival = performance.now();
      this.queue.push({
        inputs,
        signatureName,
        signal,
        bytes,
        rows: this.batchable.has(signatureName) ? rowsOf(inputs) : undefined,
        maxRows: maxRowsWith?.(inputs) ?? maxBatchRows,
        text,
        textKey: text && JSON.stringify(text),
        arrival,
        deadline: arrival + this.options.timeoutMs,
        trace: signal?.trace?.queued(),
        resolve,
        reject,
        settled: false,
      });
      this.watchDeadlines();
      this.schedule();
    });
  }

  /** Resolves once no request waits or runs. */
  idle(): Promise<void> {
    if (this.depth === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  private schedule(): void {
    if (this.isScheduled || !this.hasRoom || this.queue.length === 0) return;
    const milliseconds = this.windowLeft();
    if (milliseconds > 0) {
      this.window ??= setTimeout(this.endWindow, milliseconds);
      return;
    }
    this.isScheduled = true;
    setImmediate(this.start);
  }

  private readonly endWindow = (): void => {
    this.window = undefined;
    this.schedule();
  };

  /** Returns the milliseconds that the oldest request may still wait for others. */
  private windowLeft(): number {
    const { batchWindowMs = 0 } = this.options;
    const oldest = this.queue[0];
    if (batchWindowMs === 0 || oldest?.rows === undefined) return 0;
    let rows = 0;
    for (const item of this.queue) rows += item.rows ?? 0;
    // Rounding up compensates for timers that fire slightly early.
    return rows >= this.batching.maxBatchRows ? 0 : Math.ceil(oldest.arrival + batchWindowMs - performance.now());
  }

  private readonly start = (): void => {
    this.isScheduled = false;
    while (this.hasRoom && this.windowLeft() <= 0) {
      const batch = this.take();
      if (batch.length === 0) break;
      this.running.push(batch);
      void this.run(batch);
    }
    this.schedule();
    this.settleIdle();
  };

  /** Removes the oldest live request from the queue, with the requests that fit into its batch. */
  private take(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    let rows = 0;
    let maxRows = 0;
    for (const item of this.queue) {
      if (!this.isWanted(item)) continue;
      const first = batch[0];
      const limit = first === undefined ? item.maxRows : Math.min(maxRows, item.maxRows);
      if (first === undefined || this.fits(first, item, limit - rows)) {
        batch.push(item);
        rows += item.rows ?? 1;
        maxRows = limit;
      } else rest.push(item);
    }
    this.queue = rest;
    return batch;
  }

  /**
   * Drops queued requests whose client has disconnected. Otherwise they are dropped only when the next batch is formed.
   */
  private dropUnwanted(): void {
    this.queue = this.queue.filter((item) => this.isWanted(item));
  }

  private isWanted(item: Waiting): boolean {
    if (item.signal?.aborted) this.reject(item, new InferenceError('CANCELLED', 'the client went away'));
    return !item.settled;
  }

  /** Whether a request can run with the first one of a batch that has room for `room` rows. */
  private fits(first: Waiting, item: Waiting, room: number): boolean {
    return (
      first.rows !== undefined &&
      item.rows !== undefined &&
      item.rows <= room &&
      first.signatureName === item.signatureName &&
      first.textKey === item.textKey &&
      sameRowShape(first.inputs, item.inputs)
    );
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const since = performance.now();
    const { observer } = this.options;
    let rows = 0;
    let queuedMs = 0;
    for (const item of batch) {
      rows += item.rows ?? 1;
      queuedMs += since - item.arrival;
      observer?.started(since - item.arrival);
    }
    for (const { trace } of batch) trace?.started(rows, batch.length);
    let succeeded = false;
    try {
      succeeded = batch.length === 1 ? await this.runAlone(batch[0]!) : await this.runTogether(batch);
    } finally {
      const elapsedMs = performance.now() - since;
      observer?.ran({ rows, requests: batch.length, queuedMs, elapsedMs, succeeded });
      this.running.splice(this.running.indexOf(batch), 1);
      if (this.queue.length > 0) this.schedule();
      else this.settleIdle();
    }
  }

  /** Runs one request. @returns whether the model succeeded */
  private async runAlone(item: Waiting): Promise<boolean> {
    try {
      const outputs = await this.model.run(item.inputs, item.signatureName, item.text);
      if (item.rows !== undefined && !hasRows(outputs, item.rows)) this.disableBatching(item.signatureName);
      this.resolve(item, outputs);
      return true;
    } catch (error) {
      this.reject(item, error);
      return false;
    }
  }

  /** Runs several requests as one batch. @returns whether the batch succeeded as a whole */
  private async runTogether(batch: readonly Waiting[]): Promise<boolean> {
    const { signatureName, text } = batch[0]!;
    const counts = batch.map((item) => item.rows!);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    let parts: Tensor[][] | undefined;
    try {
      const inputs = joinRows(
        batch.map((item) => item.inputs),
        rows,
      );
      parts = splitRows(await this.model.run(inputs, signatureName, text), counts, rows);
      if (!parts) this.disableBatching(signatureName);
    } catch {
      // One invalid request must not fail the others, so each request runs again separately and gets its own error.
    }
    for (let index = 0; index < batch.length; index++) {
      const item = batch[index]!;
      if (parts) this.resolve(item, parts[index]!);
      else if (!item.settled) await this.runAlone(item);
    }
    return parts !== undefined;
  }

  /**
   * Stops batching a signature. If the output row count differs from the input's, rows can no longer be attributed to
   * requests.
   */
  private disableBatching(signatureName: string): void {
    if (!this.batchable.delete(signatureName)) return;
    for (const item of this.queue) if (item.signatureName === signatureName) item.rows = undefined;
    this.options.onRowCountMismatch?.(signatureName);
  }

  /**
   * Starts a single timer for the next deadline. Requests that already timed out need none, even if their run
   * continues.
   */
  private watchDeadlines(): void {
    if (this.timer !== undefined) return;
    let next = Number.POSITIVE_INFINITY;
    for (const item of this.all()) if (!item.settled) next = Math.min(next, item.deadline);
    if (next === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(this.expire, Math.max(1, next - performance.now()));
    this.timer.unref();
  }

  private readonly expire = (): void => {
    this.timer = undefined;
    const now = performance.now();
    for (const item of this.all()) {
      if (item.deadline > now) continue;
      const seconds = this.options.timeoutMs / 1000;
      this.reject(item, new InferenceError('DEADLINE_EXCEEDED', `no response within ${seconds} s`));
    }
    this.queue = this.queue.filter((item) => !item.settled);
    this.watchDeadlines();
  };

  private all(): Waiting[] {
    return [...this.running.flat(), ...this.queue];
  }

  private resolve(item: Waiting, outputs: readonly Tensor[]): void {
    if (item.settled) return;
    release(item);
    try {
      hold(item.signal, OUTPUT_COPIES * memoryOf(outputs));
    } catch (error) {
      this.settle(item, error);
      item.reject(error);
      return;
    }
    this.settle(item);
    item.resolve({ outputs });
  }

  private reject(item: Waiting, error: unknown): void {
    if (item.settled) return;
    release(item);
    this.settle(item, error);
    item.reject(error);
  }

  private settle(item: Waiting, error?: unknown): void {
    item.settled = true;
    item.trace?.ended(error);
    this.options.observer?.ended(error);
  }

  private settleIdle(): void {
    if (this.depth > 0) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}
