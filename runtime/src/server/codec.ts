import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Channel, errorOf } from '../channel.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import type { Logger } from '../observability/log.js';
import { InferenceError } from '../tensor/errors.js';
import type { Cancellation, InferenceResponse } from '../tensor/request.js';
import { receivedTensor } from '../tensor/transfer.js';
import { startThread } from '../worker-thread.js';
import type { CatalogData, CodecOptions, HandledData, ServerCalls, ThreadCalls } from './codec-calls.js';

/**
 * Size of a body or a gRPC message in bytes from which a request is decoded, and its response encoded, in a thread of its own. Decoding a
 * body of that size as text takes some 5 ms; the way to the thread and back takes about 1 ms.
 */
export const LARGE_BODY_BYTES = 256 * 1024;

/** Name of the thread in log lines and errors. */
const THREAD = 'the thread for large requests';

/** Request in the thread. */
interface Entry {
  readonly signal: Cancellation | undefined;
  readonly onDecoded: () => void;
}

/** Handles large requests in a thread, so that they do not block other callers. The thread starts with the first. */
export class Codec {
  private readonly requests = new Map<number, Entry>();
  private ids = 0;
  private worker: Worker | undefined;
  private channel: Channel<ThreadCalls> | undefined;
  /** Resolves once the thread has decoded the requests that it was given. */
  private decoded: Promise<void> = Promise.resolve();

  constructor(
    private readonly catalog: ModelCatalog,
    private readonly options: CodecOptions,
    private readonly logger: Logger,
  ) {}

  /** Responds to a request whose route exists. @throws InferenceError `UNAVAILABLE` if the thread fails */
  async handle({ method, path, query, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const data = { method, path, query, headers: { ...headers, ...DECODED }, body };
    const response = await this.inTurn(signal, (id) =>
      this.thread().callMoving(ownMemory(body), 'handle', id, this.snapshot(), data),
    );
    const { body: answer } = response;
    return { ...response, body: typeof answer === 'string' ? answer : bufferOf(answer) };
  }

  /**
   * Responds to a gRPC message.
   *
   * @param mostBytes maximum memory of the decoded message
   * @throws InferenceError, `UNAVAILABLE` if the thread fails
   */
  async call(path: string, message: Buffer, mostBytes: number, signal: Cancellation): Promise<Buffer> {
    const response = await this.inTurn(signal, (id) =>
      this.thread().callMoving(ownMemory(message), 'call', id, this.snapshot(), path, message, mostBytes),
    );
    if (!ArrayBuffer.isView(response)) throw errorOf(response);
    return bufferOf(response);
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  /** Lets the thread handle a request, once it has decoded the earlier ones. */
  private async inTurn<T>(
    signal: Cancellation | undefined,
    handle: (id: number) => Promise<HandledData<T>>,
  ): Promise<T> {
    const turn = this.decoded;
    let onDecoded = () => {};
    this.decoded = new Promise((resolve) => {
      onDecoded = resolve;
    });
    // Requests are decoded in turn, because the memory of their tensors is not counted before that.
    await turn;
    const id = ++this.ids;
    this.requests.set(id, { signal, onDecoded });
    try {
      if (signal?.aborted) throw new InferenceError('CANCELLED', 'the client went away');
      const { response, metrics } = await handle(id);
      for (const [name, version, counted] of metrics) this.catalog.find(name, version)?.metrics?.add(counted);
      return response;
    } finally {
      this.requests.delete(id);
      onDecoded();
    }
  }

  private model(name: string, version: string): ServedModel {
    const model = this.catalog.find(name, version);
    if (!model) throw new InferenceError('UNAVAILABLE', `model ${name} is not available`, 1);
    return model;
  }

  /** Returns the cancellation of work for a request. The thread also responds before the work ends, as after the timeout. */
  private cancellation(id: number): Cancellation {
    const { requests } = this;
    return {
      get aborted() {
        const entry = requests.get(id);
        return entry === undefined || entry.signal?.aborted === true;
      },
    };
  }

  private thread(): Channel<ThreadCalls> {
    if (this.channel) return this.channel;
    const worker = startThread(join(__dirname, 'codec-thread'), this.options);
    const own: ServerCalls = {
      take: (id, bytes) => this.requests.get(id)?.signal?.held?.take(bytes),
      infer: (id, name, version, request) => {
        const inputs = request.inputs.map(receivedTensor);
        const entry = this.requests.get(id);
        const response = this.model(name, version).infer({ ...request, inputs, signal: entry?.signal });
        entry?.onDecoded();
        return response;
      },
      encode: (name, version, ...args) => this.model(name, version).tokens!.encode(...args),
      tokenize: (name, version, ...args) => this.model(name, version).tokens!.tokenize(...args),
      decode: (name, version, ...args) => this.model(name, version).tokens!.decode(...args),
      explanationData: async (name, version) => {
        const { explainer, background } = (await this.model(name, version).explanationData?.()) ?? {};
        return { explainer: explainer && { columns: explainer.columns, outputs: explainer.outputs }, background };
      },
      explain: async (id, name, version, problem) => {
        const { explainer } = await this.model(name, version).explanationData!();
        return explainer!.explain(problem, this.cancellation(id));
      },
      load: (name, location) => this.catalog.control!.load(name, location),
      unload: (name) => this.catalog.control!.unload(name),
      configure: (entries) => this.catalog.control!.configure(entries),
    };
    const channel = new Channel<ThreadCalls>(
      THREAD,
      (message, moved) => worker.postMessage(message, moved),
      {
        ...own,
      },
      memoryOfOutputs,
    );
    worker.on('message', (message) => channel.receive(message));
    worker.on('error', (error) => this.logger.failure(`${THREAD} failed`, error));
    worker.once('exit', () => {
      channel.close();
      if (this.channel === channel) this.channel = undefined;
    });
    worker.unref();
    this.worker = worker;
    this.channel = channel;
    return channel;
  }

  private snapshot(): CatalogData {
    const { catalog } = this;
    return {
      ready: catalog.ready,
      models: catalog.names().map((model) => [
        model,
        catalog.labels(model),
        catalog
          .versions(model)
          .map(({ name, version, state, isReady, failure, source, manifest, signatures, hidesScores }) => ({
            name,
            version,
            state,
            isReady,
            failure,
            source,
            manifest,
            signatures,
            hidesScores,
          })),
      ]),
      unloaded: catalog.control?.unloaded(),
    };
  }
}

/** Headers of a body that was decompressed, and of a request that was traced, already. */
const DECODED = { 'content-encoding': undefined, traceparent: undefined };

/** Maximum bytes before a body in its memory: padding that aligns its tensors, or the head of a gRPC message. */
const HEAD_BYTES = 8;

/** Returns the memory of a body, unless the body shares it with other data. */
function ownMemory({ buffer, byteLength }: Buffer): ArrayBuffer[] {
  return buffer.byteLength <= byteLength + HEAD_BYTES ? [buffer as ArrayBuffer] : [];
}

/** Returns the memory of large outputs. Those of a batch share theirs, so it is copied. */
function memoryOfOutputs(result: unknown): ArrayBuffer[] {
  const { outputs = [] } = (result ?? {}) as Partial<InferenceResponse>;
  const moved = outputs.flatMap(({ data }) =>
    ArrayBuffer.isView(data) && data.byteLength >= LARGE_BODY_BYTES && data.byteLength === data.buffer.byteLength
      ? (data.buffer as ArrayBuffer)
      : [],
  );
  return [...new Set(moved)];
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
