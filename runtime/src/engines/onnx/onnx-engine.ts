// This import comes first, because the variable must be set before the native code runs.
import './no-telemetry.js';
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { availableProcessors, shareOf } from '../../host-limits.js';
import { checkOnnx, ModelPackageError, namesWithShape } from '../../manifest/index.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import type { Signature, Tensor, TensorSpec } from '../../tensor/tensor.js';
import type { Artifact, Engine, EngineOptions, LoadedModel } from '../engine.js';
import { datatypeOf, fromEngineArray, onnxTypeName, type TypedArray } from './datatypes.js';
import { firstDimensionsDiffer } from './dimensions.js';
import { LastingSession } from './lasting-session.js';
import { type MeasuredRun, type PlainTensor, type SessionMetadata, ThreadSession } from './thread-session.js';
import { type WithoutZipMap, withoutZipMap } from './zip-map.js';

/** Maximum size of a file that is searched for a ZipMap. Models with a ZipMap are scikit-learn classifiers. */
const MAX_ZIP_MAP_BYTES = 256 * 1024 * 1024;

/**
 * Size of the inputs in bytes from which a model that runs on the event loop runs in a thread instead. Runs of small
 * inputs may be short enough for the event loop while runs of large ones are not.
 */
const LARGE_INPUT_BYTES = 128 * 1024;

/** Runs ONNX models in this process. A run blocks the thread until it finishes. */
export const onnxEngine: Engine = {
  async load(artifact: Artifact, options: EngineOptions): Promise<LoadedModel> {
    try {
      // Scikit-learn's classifiers have a ZipMap, and short runs.
      const stripped = options.isLong ? undefined : stripZipMap(artifact.path);
      const source: Source = {
        model: stripped?.model ?? artifact.path,
        options: { ...sessionOptions(options), ...(stripped && weightsIn(dirname(artifact.path))) },
        verify: artifact.verify,
        limitMs: options.timeoutSeconds === undefined ? undefined : options.timeoutSeconds * 1000,
        onLine: options.onLine,
      };
      const { threads = shareOf(availableProcessors(), options.processes ?? 1) } = options;
      const session = options.isLong ? await openThread(source, threads) : await createSession(source);
      const metadata = session instanceof LastingSession ? session.metadata! : session;
      const givesOtherRows = firstDimensionsDiffer(metadata.inputMetadata, metadata.outputMetadata);
      return new OnnxModel(session, source, signatureOf(metadata, artifact.path, stripped), givesOtherRows, threads);
    } catch (error) {
      if (error instanceof ModelPackageError) throw error;
      checkOnnx(artifact.path);
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${artifact.path} cannot be loaded by ONNX Runtime: ${(error as Error).message}. Export the model again, and ` +
          'check the file with `onnx.checker.check_model`.',
      );
    }
  },
};

/** Everything needed to create a session. */
interface Source {
  readonly model: string | Buffer;
  readonly options: InferenceSession.SessionOptions;
  readonly verify: Artifact['verify'];
  readonly limitMs: number | undefined;
  readonly onLine: EngineOptions['onLine'];
}

// Inline runs do not benefit from more than one thread, and idle threads spin.
function sessionOptions({ threads = 1 }: EngineOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Errors reach the caller. Warnings about the graph concern the exporter of the model.
    logSeverityLevel: 3,
  };
}

/** Returns the session options for a model in memory whose weights may be in files of `folder`. */
function weightsIn(folder: string): InferenceSession.SessionOptions {
  return { extra: { session: { model_external_initializers_file_folder_path: folder } } };
}

async function createSession({ model, options }: Source): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node');
  return typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}

function openThread(
  { model, options, verify, limitMs, onLine = () => {} }: Source,
  threads: number,
): Promise<LastingSession> {
  const threaded = { ...options, intraOpNumThreads: threads };
  return LastingSession.open({
    open: (onEnd) => ThreadSession.open(model, threaded, onEnd),
    verify,
    limitMs,
    onLine,
  });
}

function stripZipMap(path: string): WithoutZipMap | undefined {
  if (statSync(path).size > MAX_ZIP_MAP_BYTES) return undefined;
  const bytes = readFileSync(path);
  return bytes.includes('ZipMap') ? withoutZipMap(bytes) : undefined;
}

function signatureOf(session: SessionMetadata, path: string, stripped?: WithoutZipMap): Signature {
  const values = [...session.inputMetadata, ...session.outputMetadata];
  // The file is read again only if ONNX Runtime reports an empty shape, which may be a missing one.
  const isShapeless = (value: InferenceSession.ValueMetadata) => value.isTensor && value.shape.length === 0;
  const shaped = values.some(isShapeless) ? namesWithShape(path) : undefined;
  const spec = (value: InferenceSession.ValueMetadata): TensorSpec => {
    const datatype = value.isTensor ? datatypeOf(value.type) : undefined;
    if (!value.isTensor || !datatype) {
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${value.name} of the model is ${value.isTensor ? `a tensor of ${value.type}` : 'no tensor'}, which cannot be ` +
          'served. Export the model so that it takes and returns tensors only.',
      );
    }
    const shape = value.shape.map((size) => (typeof size === 'number' && size >= 0 ? size : -1));
    const labels = stripped?.labels.get(value.name);
    const unknownRank = isShapeless(value) && shaped?.has(value.name) === false;
    return {
      name: value.name,
      datatype,
      shape,
      ...(unknownRank && { unknownRank }),
      ...(labels?.length && { labels }),
    };
  };
  return { inputs: session.inputMetadata.map(spec), outputs: session.outputMetadata.map(spec) };
}

class OnnxModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly offload?: (threads: number) => Promise<void>;
  private threads: number;
  /** Session for large inputs of a model that runs on the event loop, opened with the first of them, which may be a trial. */
  private large: Promise<LastingSession> | undefined;
  /** Number of runs in the session for large inputs, and that wait for it. */
  private largeRuns = 0;

  constructor(
    private session: InferenceSession | LastingSession,
    private readonly source: Source,
    private readonly signature: Signature,
    readonly givesOtherRows: boolean,
    threads: number,
  ) {
    this.signatures = { serving_default: signature };
    this.threads = this.hasOwnThread ? threads : 1;
    if (!this.hasOwnThread) this.offload = (most) => this.moveToThread(most);
  }

  get hasOwnThread(): boolean {
    return this.session instanceof LastingSession;
  }

  get processors(): number {
    return this.threads;
  }

  /**
   * A model on the event loop serves small requests while a large one runs in its thread. Small ones alone wait for each
   * other, because two runs at a time would split the requests that arrive together into smaller batches.
   */
  get concurrency(): number {
    return this.largeRuns > 0 ? 2 : 1;
  }

  get queuedRuns(): number {
    return this.hasOwnThread ? 1 : 0;
  }

  get isHealthy(): boolean {
    return this.fault === undefined;
  }

  get fault(): string | undefined {
    return this.session instanceof LastingSession ? this.session.fault : undefined;
  }

  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const { outputs } = await this.runSession(inputs);
    return this.signature.outputs.map((spec) => fromOnnx(spec, outputs[spec.name] as PlainTensor));
  }

  async processorTime(inputs: readonly Tensor[]): Promise<number> {
    const before = threadUsage();
    const { processorMs } = await this.runSession(inputs);
    if (processorMs !== undefined) return processorMs;
    const { user, system } = threadUsage(before);
    return (user + system) / 1000;
  }

  private async runSession(inputs: readonly Tensor[]): Promise<MeasuredRun> {
    // The object has no prototype, so that every name is valid for an input.
    const feeds: Record<string, PlainTensor> = Object.create(null);
    for (const input of inputs) feeds[input.name] = toOnnx(input);
    try {
      const { session } = this;
      if (session instanceof LastingSession) return await session.run(feeds);
      if (bytesOf(inputs) >= LARGE_INPUT_BYTES) return await this.runLarge(feeds);
      return { outputs: (await session.run(feeds as Feeds)) as MeasuredRun['outputs'] };
    } catch (error) {
      if (error instanceof InferenceError) throw error;
      // The request already matches the signature, so the graph rejects its values or the combination of its shapes.
      throw new InferenceError('INVALID_ARGUMENT', `the model rejected the input: ${firstLine(error)}`);
    }
  }

  private async runLarge(feeds: Readonly<Record<string, PlainTensor>>): Promise<MeasuredRun> {
    this.largeRuns++;
    try {
      return await (await this.largeSession()).run(feeds);
    } finally {
      this.largeRuns--;
    }
  }

  private async moveToThread(threads: number): Promise<void> {
    await this.releaseLarge();
    const before = this.session;
    this.session = await openThread(this.source, threads);
    this.threads = threads;
    await before.release();
  }

  async close(): Promise<void> {
    await this.session.release();
    await this.releaseLarge();
  }

  private async releaseLarge(): Promise<void> {
    const { large } = this;
    this.large = undefined;
    await large?.then(
      (session) => session.release(),
      () => {},
    );
  }

  private largeSession(): Promise<LastingSession> {
    this.large ??= this.openLater().catch((error: Error) => {
      this.large = undefined;
      throw new InferenceError('UNAVAILABLE', `the thread of the model does not start: ${error.message}`, 1);
    });
    return this.large;
  }

  private async openLater(): Promise<LastingSession> {
    await this.source.verify?.();
    return openThread(this.source, 1);
  }
}

/**
 * Returns the processor time of this thread. Before Node 24 it is that of all threads; the others are mostly idle during
 * a trial.
 */
const threadUsage: typeof process.cpuUsage = (before) => {
  // Linux adds the time of a running thread to its count at each tick, some milliseconds apart, or when the count of the
  // process is read.
  process.cpuUsage();
  return (process.threadCpuUsage ?? process.cpuUsage).call(process, before);
};

/** Returns the size of the inputs in memory. A string counts as its reference. */
function bytesOf(inputs: readonly Tensor[]): number {
  return inputs.reduce((sum, { data }) => sum + (Array.isArray(data) ? data.length * 8 : data.byteLength), 0);
}

/** Input tensors as plain objects. The binding reads only these members, and its own class would misread FP16. */
type Feeds = Parameters<InferenceSession['run']>[0];

function toOnnx({ name, datatype, data, shape }: Tensor): PlainTensor {
  const elements = Array.isArray(data) ? data.map((element) => textOf(name, element)) : data;
  return { type: onnxTypeName(datatype), data: elements, dims: shape, location: 'cpu' };
}

/**
 * Decodes a string element. The binding accepts only UTF-8 text up to a NUL and would silently alter any other bytes.
 */
function textOf(name: string, element: Buffer): string {
  if (!isUtf8(element))
    throw invalid(`input ${name} contains bytes that are not valid UTF-8, which ONNX string tensors require`);
  if (element.includes(0))
    throw invalid(`input ${name} contains a NUL character, which ONNX string tensors do not allow`);
  return element.toString();
}

function fromOnnx({ name, datatype }: TensorSpec, { data, dims }: PlainTensor): Tensor {
  const elements =
    datatype === 'BYTES'
      ? (data as unknown as string[]).map((text) => Buffer.from(text))
      : fromEngineArray(datatype, data as TypedArray);
  return { name, datatype, shape: dims, data: elements };
}

/** Returns ONNX Runtime's message without the source paths that follow it. */
function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0]!.slice(0, 300);
}
