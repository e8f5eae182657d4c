import type { LoadedModel } from '../engines/engine.js';
import type { SchedulerObserver } from '../observability/scheduler-observer.js';
import { hasRows, isBatchable, joinRows, rowsOf, sameRowShape, splitRows } from '../tensor/batch.js';
import { InferenceError } from '../tensor/errors.js';
import type { CallTrace, Cancellation, InferenceResponse } from '../tensor/request.js';
import type { Tensor } from '../tensor/tensor.js';

/** What a model's queue allows. */
export interface SchedulerOptions {
  /** Requests that may wait before new ones are refused. */
  readonly maxQueue: number;
  /** Milliseconds from arrival after which a request is given up. */
  readonly timeoutMs: number;
  /** Rows that run together at most; 1 turns batching off. */
  readonly maxBatchRows: number;
  /** Names of the signatures whose requests may run together. @default all whose tensors may have any number of rows */
  readonly batchable?: readonly string[];
  /** Milliseconds that a request may wait for others to fill its batch. @default 0: an idle model starts at once */
  readonly batchWindowMs?: number;
  /** Told of what happens. @default nobody is */
  readonly observer?: SchedulerObserver;
  /** Told that requests of a signature run together no more, because outputs had other rows than inputs. */
  readonly onOtherRows?: (signatureName: string) => void;
}

interface Waiting {
  readonly inputs: readonly Tensor[];
  readonly signatureName: string;
  readonly signal: Cancellation | undefined;
  /** Undefined if it must run alone. */
  rows: number | undefined;
  readonly arrival: number;
  readonly deadline: number;
  readonly trace: CallTrace | undefined;
  readonly resolve: (response: InferenceResponse) => void;
  readonly reject: (error: unknown) => void;
  settled: boolean;
}

/**
 * The queue of one model. Without a window batching adds no wait: what arrived while the engine was busy runs together
 * once it is free, and an idle engine starts as soon as the sockets that are readable now have been read.
 *
 * Models take turns: each starts one batch a turn of the event loop, so that none waits for more than one batch of each.
 */
export class Scheduler {
  private queue: Waiting[] = [];
  // No Set: the tables that one outgrows hold on to what they held, request after request, until a full collection.
  private readonly running: (readonly Waiting[])[] = [];
  private isScheduled = false;
  private timer: NodeJS.Timeout | undefined;
  private window: NodeJS.Timeout | undefined;
  private idleWaiters: (() => void)[] = [];
  private readonly batchable: Set<string>;
  private readonly concurrency: number;

  constructor(
    private readonly model: LoadedModel,
    private readonly options: SchedulerOptions,
  ) {
    // Where requests run together, those that wait for the engine make its next batch.
    this.concurrency = (model.concurrency ?? 1) + (options.maxBatchRows > 1 ? 0 : (model.ahead ?? 0));
    const { batchable = Object.keys(model.signatures), maxBatchRows } = options;
    const names = batchable.filter((name) => isBatchable(model.signatures[name]!));
    this.batchable = new Set(maxBatchRows > 1 ? names : []);
  }

  /** Requests that wait or run. */
  get depth(): number {
    let depth = this.queue.length;
    for (const batch of this.running) depth += batch.length;
    return depth;
  }

  /**
   * Runs the model, together with others that wait.
   *
   * @throws InferenceError `UNAVAILABLE` if the queue is full, `DEADLINE_EXCEEDED`, `CANCELLED`, or what the model says
   */
  submit(inputs: readonly Tensor[], signatureName: string, signal?: Cancellation): Promise<InferenceResponse> {
    const { maxQueue, observer } = this.options;
    if (this.queue.length >= maxQueue) this.dropUnwanted();
    if (this.queue.length >= maxQueue) {
      const full = new InferenceError('UNAVAILABLE', `the queue of the model is full: ${maxQueue} requests wait`, 1);
      observer?.ended(full);
      return Promise.reject(full);
    }
    return new Promise((resolve, reject) => {
      const arrival = performance.now();
      this.queue.push({
        inputs,
        signatureName,
        signal,
        rows: this.batchable.has(signatureName) ? rowsOf(inputs) : undefined,
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

  /** Resolves once nothing waits or runs. */
  idle(): Promise<void> {
    if (this.depth === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  private schedule(): void {
    if (this.isScheduled || this.running.length >= this.concurrency || this.queue.length === 0) return;
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

  /** How long the oldest request may still wait for others, in milliseconds. */
  private windowLeft(): number {
    const { batchWindowMs = 0, maxBatchRows } = this.options;
    const oldest = this.queue[0];
    if (batchWindowMs === 0 || oldest?.rows === undefined) return 0;
    let rows = 0;
    for (const item of this.queue) rows += item.rows ?? 0;
    // A timer may fire a little early.
    return rows >= maxBatchRows ? 0 : Math.ceil(oldest.arrival + batchWindowMs - performance.now());
  }

  private readonly start = (): void => {
    this.isScheduled = false;
    while (this.running.length < this.concurrency && this.windowLeft() <= 0) {
      const batch = this.take();
      if (batch.length === 0) break;
      this.running.push(batch);
      void this.run(batch);
    }
    this.schedule();
    this.settleIdle();
  };

  /** Takes the oldest request that is still wanted, and those that can run with it. */
  private take(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    let rows = 0;
    for (const item of this.queue) {
      if (!this.isWanted(item)) continue;
      const first = batch[0];
      if (first === undefined || this.fits(first, item, rows)) {
        batch.push(item);
        rows += item.rows ?? 1;
      } else rest.push(item);
    }
    this.queue = rest;
    return batch;
  }

  /** Makes room of those that nobody waits for any more, who are otherwise left to the next batch. */
  private dropUnwanted(): void {
    this.queue = this.queue.filter((item) => this.isWanted(item));
  }

  private isWanted(item: Waiting): boolean {
    if (item.signal?.aborted) this.reject(item, new InferenceError('CANCELLED', 'the client went away'));
    return !item.settled;
  }

  private fits(first: Waiting, item: Waiting, rows: number): boolean {
    return (
      first.rows !== undefined &&
      item.rows !== undefined &&
      rows + item.rows <= this.options.maxBatchRows &&
      first.signatureName === item.signatureName &&
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

  /** @returns whether the model answered */
  private async runAlone(item: Waiting): Promise<boolean> {
    try {
      const outputs = await this.model.run(item.inputs, item.signatureName);
      if (item.rows !== undefined && !hasRows(outputs, item.rows)) this.runApart(item.signatureName);
      this.resolve(item, outputs);
      return true;
    } catch (error) {
      this.reject(item, error);
      return false;
    }
  }

  /** @returns whether the model answered all of them at once */
  private async runTogether(batch: readonly Waiting[]): Promise<boolean> {
    const { signatureName } = batch[0]!;
    const counts = batch.map((item) => item.rows!);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    let parts: Tensor[][] | undefined;
    try {
      const inputs = joinRows(
        batch.map((item) => item.inputs),
        rows,
      );
      parts = splitRows(await this.model.run(inputs, signatureName), counts, rows);
      if (!parts) this.runApart(signatureName);
    } catch {
      // One bad request must not fail the others: each runs again by itself and gets its own error.
    }
    for (let index = 0; index < batch.length; index++) {
      const item = batch[index]!;
      if (parts) this.resolve(item, parts[index]!);
      else if (!item.settled) await this.runAlone(item);
    }
    return parts !== undefined;
  }

  /** Nobody's rows are known once outputs have others than inputs: requests of the signature run alone from now on. */
  private runApart(signatureName: string): void {
    if (!this.batchable.delete(signatureName)) return;
    for (const item of this.queue) if (item.signatureName === signatureName) item.rows = undefined;
    this.options.onOtherRows?.(signatureName);
  }

  /** One timer, for the request that expires next. Those given up already, whose run goes on, need none. */
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
      this.reject(item, new InferenceError('DEADLINE_EXCEEDED', `no answer within ${seconds} s`));
    }
    this.queue = this.queue.filter((item) => !item.settled);
    this.watchDeadlines();
  };

  private all(): Waiting[] {
    return [...this.running.flat(), ...this.queue];
  }

  private resolve(item: Waiting, outputs: readonly Tensor[]): void {
    if (item.settled) return;
    item.settled = true;
    item.trace?.ended();
    this.options.observer?.ended();
    item.resolve({ outputs });
  }

  private reject(item: Waiting, error: unknown): void {
    if (item.settled) return;
    item.settled = true;
    item.trace?.ended(error);
    this.options.observer?.ended(error);
    item.reject(error);
  }

  private settleIdle(): void {
    if (this.depth > 0) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}
