import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { InferenceError } from '../../inference/errors.js';

/** A tensor as it crosses between threads. */
export interface PlainTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

type Answer = { readonly outputs?: Record<string, PlainTensor>; readonly error?: string };

/**
 * Kept as text, so that it runs from the sources, from the compiled files and from the bundle alike, which lie in
 * different places.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession, Tensor } = require(workerData.binding);
const plain = ({ type, data, dims }) => ({ type, data, dims });
const each = (tensors, change) => Object.fromEntries(Object.entries(tensors).map(([k, v]) => [k, change(v)]));
const told = (error) => ({ error: String(error && error.message || error) });
const session = InferenceSession.create(workerData.model, workerData.options);
session.then(() => parentPort.postMessage({ outputs: {} }), (error) => parentPort.postMessage(told(error)));
parentPort.on('message', async (feeds) => {
  const open = await session;
  if (feeds === null) { await open.release(); parentPort.close(); return; }
  try {
    const outputs = await open.run(each(feeds, ({ type, data, dims }) => new Tensor(type, data, dims)));
    parentPort.postMessage({ outputs: each(outputs, plain) });
  } catch (error) { parentPort.postMessage(told(error)); }
});
`;

/** A session in a thread of its own, whose runs leave the event loop free. Runs are answered in order. */
export class ThreadSession {
  private readonly waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  private ended: InferenceError | undefined;

  /** @throws Error if ONNX Runtime cannot load the model */
  static async open(model: string | Uint8Array, options: InferenceSession.SessionOptions): Promise<ThreadSession> {
    const session = new ThreadSession(model, options);
    await session.answer();
    return session;
  }

  private readonly worker: Worker;

  private constructor(model: string | Uint8Array, options: InferenceSession.SessionOptions) {
    const binding = require.resolve('onnxruntime-node');
    this.worker = new Worker(SOURCE, { eval: true, workerData: { binding, model, options } });
    this.worker.on('message', (answer: Answer) => this.waiting.shift()?.resolve(answer));
    this.worker.on('error', (error) => this.end(error.message));
    this.worker.on('exit', () => this.end('it has ended'));
  }

  /** @throws Error as ONNX Runtime words it, or InferenceError `UNAVAILABLE` if the thread has ended */
  async run(feeds: Readonly<Record<string, PlainTensor>>): Promise<Readonly<Record<string, PlainTensor>>> {
    const answer = this.answer();
    this.worker.postMessage(feeds);
    return answer;
  }

  /** Frees the model and ends the thread: ending it within a run would abort the process. */
  async release(): Promise<void> {
    if (this.ended) return;
    const exit = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage(null);
    await exit;
  }

  private async answer(): Promise<Readonly<Record<string, PlainTensor>>> {
    if (this.ended) throw this.ended;
    const { outputs, error } = await new Promise<Answer>((resolve, reject) => this.waiting.push({ resolve, reject }));
    if (error !== undefined) throw new Error(error);
    return outputs!;
  }

  private end(why: string): void {
    this.ended ??= new InferenceError('UNAVAILABLE', `the thread of the model failed: ${why}`, 1);
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}
