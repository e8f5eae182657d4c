import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { paddingAfter } from '../../tensor/alignment.js';
import { InferenceError } from '../../tensor/errors.js';

/**
 * A tensor as the binding takes it, and as it crosses between threads. Not the binding's own class, which from Node 24 on
 * turns halves into `Float16Array`: the native code cannot read that array, but reads their bits.
 */
export interface PlainTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
  /** Where the data is; always the memory of the processor. */
  readonly location?: 'cpu';
}

/** A tensor on its way: numbers lie in the memory that travels along, texts are copied with the message. */
type Feed =
  | { readonly type: string; readonly dims: readonly number[]; readonly data: unknown }
  | {
      readonly type: string;
      readonly dims: readonly number[];
      /** Name of the class of typed arrays. */
      readonly array: string;
      readonly offset: number;
      readonly length: number;
    };

/** Sent for the run it belongs to, and given back with its answer. */
type Memory = { readonly memory: ArrayBuffer };

type Answer = {
  readonly id: number;
  readonly outputs?: Record<string, PlainTensor>;
  readonly error?: string;
} & Partial<Memory>;

interface Waiter {
  /** The number of the run; that of opening the session is 0. */
  readonly id: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * Kept as text, so that it runs from the sources, from the compiled files and from the bundle alike, which lie in
 * different places.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession } = require(workerData.binding);
const told = (id, error) => ({ id, error: String(error && error.message || error) });
const session = InferenceSession.create(workerData.model, workerData.options);
session.then(() => parentPort.postMessage({ id: 0, outputs: {} }), (error) => parentPort.postMessage(told(0, error)));
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
    for (const [name, { type, data, dims }] of Object.entries(await open.run(tensors))) {
      outputs[name] = { type, data, dims };
      if (data.buffer) given.add(data.buffer);
    }
    parentPort.postMessage({ id, outputs, memory }, [...given]);
  } catch (error) { parentPort.postMessage({ ...told(id, error), memory }, [memory]); }
});
`;

/** A session in a thread of its own, whose runs leave the event loop free. */
export class ThreadSession {
  // Few, and in no Map, whose outgrown tables hold on to what they held until a full collection.
  private readonly waiting: Waiter[] = [];
  private runs = 0;
  private ended: InferenceError | undefined;
  private onEnd: ((why: string) => void) | undefined;
  /** Of the largest run so far, for the next. */
  private spare = new ArrayBuffer(0);

  /**
   * @param onEnd told why, if the thread ends once it is open and before it is released
   * @throws Error if ONNX Runtime cannot load the model
   */
  static async open(
    model: string | Uint8Array,
    options: InferenceSession.SessionOptions,
    onEnd?: (why: string) => void,
  ): Promise<ThreadSession> {
    const session = new ThreadSession(model, options);
    await session.answer(0);
    session.onEnd = onEnd;
    return session;
  }

  private readonly worker: Worker;

  private constructor(model: string | Uint8Array, options: InferenceSession.SessionOptions) {
    const binding = require.resolve('onnxruntime-node');
    this.worker = new Worker(SOURCE, { eval: true, workerData: { binding, model, options } });
    this.worker.on('message', (answer: Answer) => this.settle(answer));
    this.worker.on('messageerror', (error) => this.end(error.message));
    this.worker.on('error', (error) => this.end(error.message));
    this.worker.on('exit', () => this.end('it has ended'));
  }

  /** @throws Error as ONNX Runtime words it, or InferenceError `UNAVAILABLE` if the thread has ended */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<Readonly<Record<string, PlainTensor>>> {
    if (this.ended) throw this.ended;
    const id = ++this.runs;
    const { memory, feeds: packed } = this.pack(feeds);
    this.worker.postMessage({ id, memory, feeds: packed }, [memory]);
    return this.answer(id);
  }

  // Memory that is used again costs a copy; what is allocated for each run costs ten times that in page faults.
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

  /** Frees the model and ends the thread: ending it within a run would abort the process. */
  async release(): Promise<void> {
    if (this.ended) return;
    this.onEnd = undefined;
    const exit = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage(null);
    await exit;
  }

  private async answer(id: number): Promise<Readonly<Record<string, PlainTensor>>> {
    const { outputs, error, memory } = await new Promise<Answer>((resolve, reject) =>
      this.waiting.push({ id, resolve, reject }),
    );
    if (memory && memory.byteLength > this.spare.byteLength) this.spare = memory;
    if (error !== undefined) throw new Error(error);
    return outputs!;
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
