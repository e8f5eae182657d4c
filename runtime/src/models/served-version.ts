import { setTimeout as sleep } from 'node:timers/promises';
import { readAdditiveModel } from '../engines/additive.js';
import type { EngineOptions, LoadedModel, TextTokens } from '../engines/engine.js';
import { artifactOf } from '../engines/index.js';
import { AdditiveExplainer } from '../explain/additive-explainer.js';
import { fileDigests, type Manifest, ModelPackageError, signaturesOf, verifyFiles } from '../manifest/index.js';
import { Redaction } from '../manifest/redaction.js';
import type { Sample } from '../manifest/samples.js';
import type { LogFields, Logger, LogLevel } from '../observability/log.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import { ModelMetrics } from '../observability/model-metrics.js';
import { acceptedExamples } from '../scheduling/made-up-examples.js';
import { applyBatching, placeModel, probeBatching, type Trial } from '../scheduling/probe.js';
import { Scheduler } from '../scheduling/scheduler.js';
import type { SignatureTrust } from '../signature/trust.js';
import type { LocalPackage } from '../store/package-source.js';
import { loadModel } from '../tasks/load-model.js';
import { InferenceError } from '../tensor/errors.js';
import type { Cancellation, InferenceRequest, InferenceResponse } from '../tensor/request.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor, type TensorSpec } from '../tensor/tensor.js';
import { reportTruncated, takeUsage } from '../tensor/usage.js';
import { readBackground } from './background.js';
import { Capture, type CaptureOptions } from './capture.js';
import { withinTimeout } from './deadline.js';
import { type GuardOptions, Guards } from './guards.js';
import { checkSamples, readSamples, runMadeUpSamples, smallExamples } from './samples.js';
import type { ExplanationData, ModelState, ServedModel } from './served-model.js';

/** Settings for running a version. */
export interface VersionOptions extends GuardOptions {
  /** Threads per run. @default - as many as make a run faster */
  readonly threads?: number;
  /** Number of processes of the server, which share processors and memory. @default 1 */
  readonly processes?: number;
  /** Trials by another process of the server, by the digests of the packages. @default - none */
  readonly trials?: ReadonlyMap<string, Trial>;
  /** Interpreter for models of Python frameworks. @default `python3` */
  readonly python?: string;
  /** Worker processes for a model of a Python framework. @default 1 */
  readonly workers?: number;
  /** Memory in MiB above which a worker process is replaced. @default - the engine's default */
  readonly workerMemoryMib?: number;
  /** Names of further environment variables that worker processes inherit. @default - none */
  readonly workerEnvironment?: readonly string[];
  /** Whether to load formats that can run code named in the file. @default false */
  readonly trustPickle?: boolean;
  /** Whether to run handlers, which are code of the package. @default false */
  readonly trustCode?: boolean;
  /** Whose signature packages must have. @default - signatures are not verified */
  readonly signedBy?: SignatureTrust;
  /** Whether Open Inference requests must use the exact names and datatypes of the inputs. @default false */
  readonly strictInputs?: boolean;
  /** Where requests and responses are captured. @default - nothing is captured */
  readonly capture?: CaptureOptions | undefined;
  /** Logger for the output of worker processes and for disabled batching. @default - nothing is logged */
  readonly logger?: Logger;
  readonly maxQueue: number;
  /** Milliseconds that a request may wait for others to fill its batch. @default 0 */
  readonly batchWindowMs?: number;
  readonly timeoutSeconds: number;
  /** Seconds that a process may take to load the model. @default - the engine's default */
  readonly startSeconds?: number;
  /**
   * Whether the host sends one request at a time, and stops the process between requests. Models with long runs then get
   * no trial, which would delay a request.
   *
   * @default false
   */
  readonly oneAtATime?: boolean;
  readonly metrics: RuntimeMetrics;
}

/** Package of a version and how to fetch it. */
export interface VersionSource {
  /** Served name of the model. @default - the name in the package */
  readonly name?: string;
  readonly manifest: Manifest;
  /** Fetches the package to this machine. */
  readonly fetch: () => Promise<LocalPackage>;
  /** Location that the package was loaded from, if a caller requested it. */
  readonly source?: string;
}

/**
 * Milliseconds from a start to a trial of long runs. The requests that waited for the start do not wait for the trial as
 * well.
 */
const TRIAL_DELAY_MS = 500;

/** Lines that TensorFlow's logging library absl writes to stderr for information. */
const ABSL_INFO = /^(?:I\d{4} \d\d:\d\d:\d\d|WARNING: All log messages before absl::InitializeLog)/;

/** Version of a model, from loading its package to its last request. */
export class ServedVersion implements ServedModel {
  state: ModelState = 'START';
  readonly metrics = new ModelMetrics();
  readonly name: string;
  readonly manifest: Manifest;
  readonly source: string | undefined;
  signatures: Readonly<Record<string, Signature>>;
  examples: readonly (readonly Tensor[])[] = [];
  /** Result of the trial. @default - it has not ended, or there was none */
  trial: Trial | undefined;
  /** Resolves once the trial has ended, which may be after the version is available. */
  tried: Promise<void> = Promise.resolve();
  private readonly trialEnd = new AbortController();
  /** Promises of the active holds. Each settles when its calls end or time out. */
  private readonly held = new Set<Promise<void>>();
  private loadFailure: string | undefined;
  private files: LocalPackage | undefined;
  private explained: Promise<ExplanationData> | undefined;
  private model: LoadedModel | undefined;
  private scheduler: Scheduler | undefined;
  private guards: Guards | undefined;
  private capture: Capture | undefined;

  constructor(
    private readonly from: VersionSource,
    private readonly options: VersionOptions,
  ) {
    const { manifest, name = manifest.name, source } = from;
    this.name = name;
    this.manifest = manifest;
    this.source = source;
    this.signatures = signaturesOf(manifest, options.strictInputs);
  }

  get version(): string {
    return this.manifest.version;
  }

  /** Whether the version accepts requests and can process them. */
  get isReady(): boolean {
    return this.state === 'AVAILABLE' && this.model?.isHealthy !== false;
  }

  get failure(): string | undefined {
    const isSick = this.state === 'AVAILABLE' && !this.isReady;
    if (!isSick) return this.loadFailure;
    return this.model?.fault ?? 'the model is loaded, but its worker processes keep crashing';
  }

  get hidesScores(): boolean {
    return this.guards?.hidesScores ?? false;
  }

  get tokens(): TextTokens | undefined {
    return this.model?.tokens;
  }

  /** Number of processors that the runs of the model use at once. */
  get processors(): number {
    return this.model?.processors ?? 1;
  }

  /** Number of requests that wait or run. */
  get depth(): number {
    return this.scheduler?.depth ?? 0;
  }

  /**
   * Fetches and verifies the files, loads the model, and runs its samples.
   *
   * @throws ModelPackageError, or Error if a store cannot be read
   */
  async load(): Promise<void> {
    this.state = 'LOADING';
    let model: LoadedModel | undefined;
    try {
      this.files = await this.from.fetch();
      const { directory } = this.files;
      const verify = () => verifyFiles(directory, this.manifest);
      await verify();
      await this.verifySigner(directory);
      this.guards = await Guards.read(directory, this.options, {
        manifest: this.manifest,
        metrics: this.metrics,
        log: (level, message, fields) => this.log(level, message, fields),
      });
      this.capture = this.captureOf();
      model = await loadModel(directory, this.manifest, this.engineOptions(), verify);
      this.reportRestrictions(model);
      this.checkSignature(model);
      this.signatures = withGraph(this.signatures, model.signatures);
      const samples = await this.runSamples(model, directory);
      this.examples = smallExamples(samples);
      await this.tryOut(model, samples);
      this.model = model;
      this.options.metrics.add(this);
      this.state = 'AVAILABLE';
    } catch (error) {
      this.state = 'END';
      this.loadFailure = (error as Error).message;
      await model?.close();
      await this.files?.dispose();
      throw error;
    }
  }

  /** @throws ModelPackageError `COLUMN_UNKNOWN` */
  private captureOf(): Capture | undefined {
    const { capture } = this.options;
    if (!capture) return undefined;
    const { name, version } = this;
    return new Capture(capture, {
      name,
      version,
      redaction: new Redaction(name, this.signatures[DEFAULT_SIGNATURE]!, capture.redact),
      count: (result, requests) => this.metrics.countCaptured(result, requests),
      log: (level, message) => this.log(level, message),
    });
  }

  /** Verifies the signature over the files, whose digests were just verified. */
  private async verifySigner(directory: string): Promise<void> {
    const { signedBy } = this.options;
    if (!signedBy) return;
    // Loaded on demand, because servers that verify no signature start without it.
    const { verifySignature } = await import('../signature/verify.js');
    await verifySignature(directory, signedBy, undefined, fileDigests(this.manifest));
  }

  /**
   * Runs the golden samples, and returns those that the model accepts.
   *
   * @throws ModelPackageError if they cannot be read, or if one that is not made up gets another response
   */
  private async runSamples(model: LoadedModel, directory: string): Promise<readonly Sample[]> {
    const samples = await readSamples(directory, this.manifest);
    if (!this.manifest.samples.madeUp) {
      await checkSamples(model, this.manifest, samples);
      return samples;
    }
    const { accepted, differences } = await runMadeUpSamples(model, this.manifest, samples);
    if (differences.length > 0) {
      this.metrics.differingSamples = differences.length;
      const message = `${differences.length} of ${samples.length} made-up samples get other responses than when the model was packed`;
      this.log('warn', `${message}: ${differences[0]}`);
    }
    return accepted;
  }

  /**
   * Finds out where the model runs and how its requests are batched, unless another process already has. A trial of long
   * runs ends after the version is available: until then, requests run alone.
   */
  private async tryOut(model: LoadedModel, samples: readonly Sample[]): Promise<void> {
    const { trials, oneAtATime = false } = this.options;
    const known = trials?.get(this.manifest.digest);
    if (known) {
      if (known.threads !== undefined) await model.offload?.(known.threads);
      this.scheduler = this.schedulerOf(model);
      this.apply(known, model, this.scheduler);
      return;
    }
    const own = samples.map((sample) => sample.inputs);
    // A request that nobody sent could have effects, if a handler answers it.
    const needsExamples = own.length === 0 && model.maxRequests === undefined;
    const examples = needsExamples ? await acceptedExamples(model) : own;
    const threads = await placeModel(model, examples[0], this.options);
    const scheduler = this.schedulerOf(model);
    this.scheduler = scheduler;
    if (model.hasOwnThread && oneAtATime) return;
    const { tolerance, madeUp } = this.manifest.samples;
    const isMadeUp = madeUp === true || own.length === 0;
    const { signal } = this.trialEnd;
    const probe = async () => {
      const batching = await probeBatching(model, examples, tolerance, isMadeUp, signal);
      this.apply({ threads, batching }, model, scheduler);
    };
    if (!model.hasOwnThread) return probe();
    this.tried = sleep(TRIAL_DELAY_MS, undefined, { signal, ref: false })
      .then(probe)
      .catch((error: Error) => {
        if (!signal.aborted) this.disableBatching(`the trial of the model failed: ${error.message}`);
      });
  }

  /** Returns a queue that runs requests alone, as many at once as the model takes where it was placed. */
  private schedulerOf(model: LoadedModel): Scheduler {
    const { maxQueue, batchWindowMs, timeoutSeconds } = this.options;
    return new Scheduler(model, {
      maxQueue,
      batchWindowMs,
      timeoutMs: timeoutSeconds * 1000,
      maxBatchRows: 1,
      observer: this.metrics,
      onRowCountMismatch: (signature) =>
        this.disableBatching(`the outputs of ${signature} had a different number of rows than its inputs`),
    });
  }

  private apply(trial: Trial, model: LoadedModel, scheduler: Scheduler): void {
    this.trial = trial;
    if (trial.batching.obstacle) this.disableBatching(trial.batching.obstacle);
    scheduler.setBatching(applyBatching(model, trial.batching));
  }

  // The method is not async, because that would add a promise to every request.
  infer({
    inputs,
    outputs: wanted,
    signatureName = DEFAULT_SIGNATURE,
    text,
    isMadeUp,
    signal,
  }: InferenceRequest): Promise<InferenceResponse> {
    // An unloading version is no longer found, but still serves callers that found it before.
    if (this.state !== 'AVAILABLE' && this.state !== 'UNLOADING') {
      return Promise.reject(new InferenceError('UNAVAILABLE', `model ${this.name} is not available`, 1));
    }
    if (!isMadeUp) {
      try {
        this.guards!.checkSignature(signatureName, this.signatures[signatureName]!);
        this.guards!.check(inputs);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const takesTexts = this.tokens !== undefined && signatureName === DEFAULT_SIGNATURE;
    const submitted = this.scheduler!.submit(inputs, signatureName, signal, takesTexts ? (text ?? {}) : undefined);
    const response = takesTexts ? submitted.then(({ outputs }) => withUsage(outputs, signal)) : submitted;
    const isWatched = !isMadeUp && signatureName === DEFAULT_SIGNATURE;
    const countsOutputs = isWatched && text?.normalize === undefined && this.guards!.countsOutputs;
    const capture = isWatched && this.capture?.drawn() ? this.capture : undefined;
    if (!wanted && !this.hidesScores && !countsOutputs && !capture) return response;
    return response.then(({ outputs, ...rest }) => {
      if (countsOutputs) this.guards!.countOutputs(outputs);
      const chosen = wanted ? outputs.filter(({ name }) => wanted.includes(name)) : outputs;
      const seen = this.hidesScores ? this.guards!.limit(chosen, this.signatures[signatureName]!) : chosen;
      capture?.add(inputs, seen);
      return { ...rest, outputs: seen };
    });
  }

  explanationData(): Promise<ExplanationData> {
    this.explained ??= this.readExplanationData().catch((error: Error) => {
      this.explained = undefined;
      throw error;
    });
    return this.explained;
  }

  private async readExplanationData(): Promise<ExplanationData> {
    const { directory } = this.files!;
    // The files may have changed since the model was loaded.
    let verified: Promise<void> | undefined;
    const verify = () => {
      verified ??= verifyFiles(directory, this.manifest);
      return verified;
    };
    // The models of tasks take texts, pictures or queries.
    const artifact = this.manifest.task ? undefined : { ...artifactOf(directory, this.manifest), verify };
    const additive = artifact && (await readAdditiveModel(artifact, this.model!));
    if (this.manifest.background) await verify();
    const background = await readBackground(directory, this.manifest);
    return {
      ...(additive && { explainer: new AdditiveExplainer(additive) }),
      ...(background && { background }),
    };
  }

  hold<T>(calls: (hold: Cancellation) => Promise<T>): Promise<T> {
    const answer = withinTimeout(this.options.timeoutSeconds, calls);
    const ended = answer
      .then(
        () => {},
        () => {},
      )
      .finally(() => this.held.delete(ended));
    this.held.add(ended);
    return answer;
  }

  /** Stops accepting requests, waits for those in flight, and frees the model. */
  async retire(): Promise<void> {
    if (this.state !== 'AVAILABLE') return;
    this.state = 'UNLOADING';
    this.trialEnd.abort();
    // Callers that found the version before may still submit requests while the last run of the trial ends.
    await this.tried;
    await Promise.all(this.held);
    await this.scheduler!.idle();
    this.state = 'END';
    await this.capture?.close();
    await this.model!.close();
    this.options.metrics.remove(this);
    await this.files!.dispose();
  }

  private engineOptions(): EngineOptions {
    const { logger, ...options } = this.options;
    const fields = { model: this.name, version: this.version };
    return { ...options, onLine: (line) => logger?.log(ABSL_INFO.test(line) ? 'info' : 'warn', line, fields) };
  }

  private reportRestrictions({ restrictions = [] }: LoadedModel): void {
    if (restrictions.length === 0) return;
    this.log('info', `restrictions of the worker processes: ${restrictions.join(', ')}`);
  }

  private disableBatching(why: string): void {
    this.log('info', `requests are not batched: ${why}`);
  }

  private log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.options.logger?.log(level, message, { model: this.name, version: this.version, ...fields });
  }

  /**
   * Checks that the artifact has the signatures in the manifest. Otherwise requests would be decoded with the wrong
   * types.
   */
  private checkSignature(model: LoadedModel): void {
    for (const [key, { inputs, outputs }] of Object.entries(this.signatures)) {
      const actual = model.signatures[key];
      const same = actual && agree(actual.inputs, inputs) && agree(actual.outputs, outputs);
      if (same) continue;
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `model \`${this.name}\`: the signature ${key} of the artifact differs from the manifest. ` +
          'Pack the model again with `modelship pack`.',
      );
    }
  }
}

/** Separates the outputs from their counts, and reports to the caller's signal what was cut. */
function withUsage(outputs: readonly Tensor[], signal: Cancellation | undefined): InferenceResponse {
  const response = takeUsage(outputs);
  reportTruncated(signal, response.usage.truncated);
  return response;
}

/** Adds the method and the graph tensors of a SavedModel's signatures, which the manifest does not contain. */
function withGraph(
  signatures: Readonly<Record<string, Signature>>,
  loaded: Readonly<Record<string, Signature>>,
): Readonly<Record<string, Signature>> {
  const entries = Object.entries(signatures).map(([name, signature]): [string, Signature] => {
    const { inputs, outputs, methodName } = loaded[name]!;
    if (methodName === undefined) return [name, signature];
    const add = (specs: readonly TensorSpec[], found: readonly TensorSpec[]) =>
      specs.map((spec, index) => ({ ...spec, graph: found[index]!.graph }));
    return [
      name,
      { ...signature, inputs: add(signature.inputs, inputs), outputs: add(signature.outputs, outputs), methodName },
    ];
  });
  return Object.fromEntries(entries);
}

type Typed = Pick<Tensor, 'name' | 'datatype'>;

function agree(actual: readonly Typed[], said: readonly Typed[]): boolean {
  return (
    actual.length === said.length &&
    said.every(({ name, datatype }, index) => actual[index]!.name === name && actual[index]!.datatype === datatype)
  );
}
