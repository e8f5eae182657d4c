import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { paddingAfter } from '../../tensor/alignment.js';
import { InferenceError } from '../../tensor/errors.js';

/**
 * A tensor as passed to the binding and between threads. The binding's own class is not used: from Node 24 on it
 * converts FP16 into `Float16Array`. The native code cannot read that array, but reads raw FP16 bits.
 */
export interface PlainTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
  /** Location of the data: always CPU memory. */
  readonly location?: 'cpu';
}

/**
 * A tensor in a message between threads. Numbers are in the transferred buffer; strings are copied with the message.
 */
type Feed =
  | { readonly type: string; readonly dims: readonly number[]; readonly data: unknown }
  | {
      readonly type: string;
      readonly dims: readonly number[];
      /** Class name of the typed array. */
      readonly array: string;
      readonly offset: number;
      readonly length: number;
    };

/** Buffer that is transferred with a run and returned with its result. */
type Memory = { readonly memory: ArrayBuffer };

type Answer = {
  readonly id: number;
  readonly outputs?: Record<string, PlainTensor>;
  /** Inputs and outputs of the model, once the session is open. */
  readonly metadata?: SessionMetadata;
  /** Milliseconds of processor time of the run. */
  readonly processorMs?: number;
  readonly error?: string;
} & Partial<Memory>;

/** Inputs and outputs of a model as ONNX Runtime reports them. */
export type SessionMetadata = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>;

/** Outputs of a run. */
export interface MeasuredRun {
  readonly outputs: Readonly<Record<string, PlainTensor>>;
  /** Milliseconds of processor time of the run. @default - it ran on the calling thread, which can measure it */
  readonly processorMs?: number;
}

interface Waiter {
  /** Number of the run; 0 for opening the session. */
  readonly id: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * Source of the thread, kept as text so that it runs from the sources, the compiled files and the bundle alike,
 * although their paths differ.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession } = require(workerData.binding);
const failure = (id, error) => ({ id, error: String(error && error.message || error) });
const session = InferenceSession.create(workerData.model, workerData.options);
session.then(
  ({ inputMetadata, outputMetadata }) => parentPort.postMessage({ id: 0, metadata: { inputMetadata, outputMetadata } }),
  (error) => parentPort.postMessage(failure(0, error)),
);
// As threadUsage of the engine in onnx-engine.ts.
const usage = (before) => {
  process.cpuUsage();
  return (process.threadCpuUsage || process.cpuUsage).call(process, before);
};
parentPort.on('messageerror', (error) => { throw error; });
parentPort.on('message', async (message) => {
  const open = await session;
  if (message === null) { await open.release(); parentPort.close(); return; }
  const { id, feeds, memory } = message;
  try {
    const tensors = Object.create(null);
    for (const [name, { type, dims, data, array, offset, length }] of Object.entries(feeds)) {
      tensors[name] = { type, dims, location: 'cpu', data: array ? new globalThis[array](memory, offset, length) : data };
    }
    const outputs = {};
    const given = new Set([memory]);
    const before = usage();
    const results = await open.run(tensors);
    const { user, system } = usage(before);
    for (const [name, { type, data, dims }] of Object.entries(results)) {
      outputs[name] = { type, data, dims };
      if (data.buffer) given.add(data.buffer);
    }
    parentPort.postMessage({ id, outputs, memory, processorMs: (user + system) / 1000 }, [...given]);
  } catch (error) { parentPort.postMessage({ ...failure(id, error), memory }, [memory]); }
});
`;

/** A session in its own thread, whose runs do not block the event loop. */
export class ThreadSession {
  // An array suffices for a few entries. The outgrown tables of a Map would retain their values until a full garbage
  // collection.
  private readonly waiting: Waiter[] = [];
  private runs = 0;
  private ended: InferenceError | undefined;
  private onEnd: ((why: string) => void) | undefined;
  /** Buffer of the largest run so far, reused for the next. */
  private spare = new ArrayBuffer(0);

  /**
   * Opens a session in a new thread.
   *
   * @param onEnd called with the reason if the thread exits after it opened and before it is released
   * @throws Error if ONNX Runtime cannot load the model
   */
  static async open(
    model: string | Uint8Array,
    options: InferenceSession.SessionOptions,
    onEnd?: (why: string) => void,
  ): Promise<ThreadSession> {
    const session = new ThreadSession(model, options);
    session.metadata = (await session.answer(0)).metadata!;
    session.onEnd = onEnd;
    return session;
  }

  /** Inputs and outputs of the model. */
  metadata!: SessionMetadata;
  private readonly worker: Worker;

  private constructor(model: string | Uint8Array, options: InferenceSession.SessionOptions) {
    const binding = require.resolve('onnxruntime-node');
    this.worker = new Worker(SOURCE, { eval: true, workerData: { binding, model, options } });
    this.worker.on('message', (answer: Answer) => this.settle(answer));
    this.worker.on('messageerror', (error) => this.end(error.message));
    this.worker.on('error', (error) => this.end(error.message));
    this.worker.on('exit', () => this.end('it has ended'));
  }

  /**
   * Runs the model in the thread.
   *
   * @throws Error with ONNX Runtime's message, or InferenceError `UNAVAILABLE` if the thread has exited
   */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<MeasuredRun> {
    if (this.ended) throw this.ended;
    const id = ++this.runs;
    const { memory, feeds: packed } = this.pack(feeds);
    this.worker.postMessage({ id, memory, feeds: packed }, [memory]);
    const { outputs, processorMs } = await this.answer(id);
    return { outputs: outputs!, processorMs };
  }

  // Reused memory costs a copy. Memory allocated for each run costs ten times as much in page faults.
  private pack(tensors: Readonly<Record<string, PlainTensor>>): Memory & { readonly feeds: Record<string, Feed> } {
    const feeds: Record<string, Feed> = Object.create(null);
    const views: [number, ArrayBufferView][] = [];
    let size = 0;
    for (const [name, tensor] of Object.entries(tensors)) {
      const { type, dims, data } = tensor;
      if (!ArrayBuffer.isView(data)) {
        feeds[name] = tensor;
        continue;
      }
      const numbers = data as Float32Array;
      feeds[name] = { type, dims, array: numbers.constructor.name, offset: size, length: numbers.length };
      views.push([size, data]);
      size += data.byteLength + paddingAfter(data.byteLength);
    }
    const memory = this.spare.byteLength < size ? new ArrayBuffer(size) : this.spare;
    this.spare = new ArrayBuffer(0);
    const bytes = new Uint8Array(memory);
    for (const [at, { buffer, byteOffset, byteLength }] of views)
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    return { feeds, memory };
  }

  /** Frees the model and ends the thread. Terminating the thread during a run would abort the process. */
  async release(): Promise<void> {
    if (this.ended) return;
    this.onEnd = undefined;
    const exit = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.ref();
    this.worker.postMessage(null);
    await exit;
  }

  /**
   * Fails the runs in flight with `error`, whether or not the thread ever ends.
   *
   * @returns a promise that resolves once the thread has ended its run and freed the model
   */
  async abandon(error: InferenceError): Promise<void> {
    const exit = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.onEnd = undefined;
    this.ended = error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
    this.worker.postMessage(null);
    this.worker.unref();
    await exit;
  }

  private async answer(id: number): Promise<Answer> {
    this.worker.ref();
    const answer = await new Promise<Answer>((resolve, reject) => this.waiting.push({ id, resolve, reject }));
    // An idle thread does not keep the process busy: Lambda asks for the next request once nothing is left to do.
    if (this.waiting.length === 0) this.worker.unref();
    const { error, memory } = answer;
    if (memory && memory.byteLength > this.spare.byteLength) this.spare = memory;
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  private settle(answer: Answer): void {
    const index = this.waiting.findIndex(({ id }) => id === answer.id);
    if (index !== -1) this.waiting.splice(index, 1)[0]!.resolve(answer);
  }

  private end(why: string): void {
    if (this.ended) return;
    this.ended = new InferenceError('UNAVAILABLE', `the thread of the model failed: ${why}`, 1);
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
    this.onEnd?.(why);
  }
}
