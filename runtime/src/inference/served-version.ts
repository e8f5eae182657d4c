import { join } from 'node:path';
import type { EngineOptions, LoadedModel } from '../engines/engine.js';
import { engineFor } from '../engines/index.js';
import { type Manifest, ModelPackageError, verifyFiles } from '../manifest/index.js';
import type { Logger } from '../observability/log.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import type { ModelState, ServedModel } from '../protocols/protocol.js';
import { InferenceError } from './errors.js';
import { offloadIfLong, probeBatchRows } from './probe.js';
import type { InferenceRequest, InferenceResponse } from './request.js';
import { checkSamples, readSamples } from './samples.js';
import { Scheduler } from './scheduler.js';
import type { Signature, Tensor } from './tensor.js';

/** How a version is run. */
export interface VersionOptions {
  readonly threads: number;
  /** @default `python3` */
  readonly python?: string;
  /** Processes for a model of a Python framework. @default 1 */
  readonly workers?: number;
  /** @default false */
  readonly trustPickle?: boolean;
  /** Takes what the processes of a model write. @default it is dropped */
  readonly logger?: Logger;
  readonly maxQueue: number;
  readonly timeoutSeconds: number;
  readonly metrics: RuntimeMetrics;
}

/** One version of a model from its package on disk to its last request. */
export class ServedVersion implements ServedModel {
  state: ModelState = 'START';
  failure: string | undefined;
  readonly signatures: Readonly<Record<string, Signature>>;
  private model: LoadedModel | undefined;
  private scheduler: Scheduler | undefined;

  constructor(
    readonly directory: string,
    readonly manifest: Manifest,
    private readonly options: VersionOptions,
    readonly source?: string,
  ) {
    const { inputs, outputs, signatures } = manifest;
    this.signatures = { ...signatures, serving_default: { inputs, outputs } };
  }

  get name(): string {
    return this.manifest.name;
  }

  get version(): string {
    return this.manifest.version;
  }

  /** Whether requests are taken, and have a chance. */
  get isReady(): boolean {
    return this.state === 'AVAILABLE' && this.model?.isHealthy !== false;
  }

  /** Requests that wait or run. */
  get depth(): number {
    return this.scheduler?.depth ?? 0;
  }

  /**
   * Verifies the files, loads the model, and runs its samples.
   *
   * @throws ModelPackageError
   */
  async load(): Promise<void> {
    this.state = 'LOADING';
    let model: LoadedModel | undefined;
    try {
      await verifyFiles(this.directory, this.manifest);
      const { artifact, format, inputs, outputs } = this.manifest;
      const path = join(this.directory, artifact);
      model = await engineFor(format).load({ path, format, declared: { inputs, outputs } }, this.engineOptions());
      this.checkSignature(model);
      const samples = readSamples(this.directory, this.manifest);
      await checkSamples(model, this.manifest, samples);
      await offloadIfLong(model, samples[0]?.inputs);
      const { maxQueue, timeoutSeconds, metrics } = this.options;
      this.scheduler = new Scheduler(model, {
        maxQueue,
        timeoutMs: timeoutSeconds * 1000,
        maxBatchRows: await probeBatchRows(model, samples[0]?.inputs),
        onRun: metrics.runObserver(this.name, this.version),
      });
      this.model = model;
      this.state = 'AVAILABLE';
    } catch (error) {
      this.state = 'END';
      this.failure = (error as Error).message;
      await model?.close();
      throw error;
    }
  }

  async infer(request: InferenceRequest): Promise<InferenceResponse> {
    if (this.state !== 'AVAILABLE') throw new InferenceError('UNAVAILABLE', `model ${this.name} is not available`, 1);
    const { inputs, outputs: wanted, signatureName = 'serving_default', signal } = request;
    const outputs = await this.scheduler!.submit(inputs, signatureName, signal);
    return { outputs: wanted ? outputs.filter(({ name }) => wanted.includes(name)) : outputs };
  }

  /** Takes no new request, lets those in flight finish, and frees the model. */
  async retire(): Promise<void> {
    if (this.state !== 'AVAILABLE') return;
    this.state = 'UNLOADING';
    await this.scheduler!.idle();
    await this.model!.close();
    this.state = 'END';
  }

  private engineOptions(): EngineOptions {
    const { threads, python, workers, trustPickle, timeoutSeconds, logger } = this.options;
    const fields = { model: this.name, version: this.version };
    const onLine = (line: string) => logger?.log('warn', line, fields);
    return { threads, python, workers, trustPickle, timeoutSeconds, onLine };
  }

  /** What the package says must be what the artifact has, or requests would be read by the wrong types. */
  private checkSignature(model: LoadedModel): void {
    for (const [key, { inputs, outputs }] of Object.entries(this.signatures)) {
      const actual = model.signatures[key];
      const same = actual && agree(actual.inputs, inputs) && agree(actual.outputs, outputs);
      if (same) continue;
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `model \`${this.name}\`: the signature ${key} of the artifact is not the one in the manifest. ` +
          'Pack the model again with `modelship pack`.',
      );
    }
  }
}

type Typed = Pick<Tensor, 'name' | 'datatype'>;

function agree(actual: readonly Typed[], said: readonly Typed[]): boolean {
  return (
    actual.length === said.length &&
    said.every(({ name, datatype }, index) => actual[index]!.name === name && actual[index]!.datatype === datatype)
  );
}
