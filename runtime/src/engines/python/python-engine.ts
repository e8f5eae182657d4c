import { basename, resolve } from 'node:path';
import { START_SECONDS } from '../../contract.js';
import { availableProcessors, memoryLimit, shareOf } from '../../host-limits.js';
import { ModelPackageError, PICKLE_FORMATS, trustFor } from '../../manifest/index.js';
import { checkPickles, describeUnknown } from '../../pickle/index.js';
import { checkInputs } from '../../tensor/check-inputs.js';
import { InferenceError } from '../../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import type { Artifact, Engine, EngineOptions, LoadedModel } from '../engine.js';
import type { WorkerModel } from './worker.js';
import { WorkerPool } from './worker-pool.js';

/** Share of the available memory that all workers of a model may use together. The rest is for the server. */
const MEMORY_SHARE = 0.75;

const MIB = 2 ** 20;

/** Runs models of Python frameworks in separate processes, so that this process never unpickles anything. */
export const pythonEngine: Engine = {
  async load(
    { path, format, declared, method, outputNames, code, handler, verify }: Artifact,
    options: EngineOptions,
  ): Promise<LoadedModel> {
    // Trust in a handler includes its model, because it could load any file itself.
    const model = handler?.model ?? { path, format };
    const pickles = PICKLE_FORMATS.includes(model.format) ? await checkPickles(model.path, model.format) : undefined;
    if (pickles && !handler && !options.trustPickle) {
      throw new ModelPackageError(
        'FORMAT_UNTRUSTED',
        `${path} has the format ${format}, and loading it can run code from the file. It imports ` +
          `${describeUnknown(pickles)}. Export the model to ONNX, ` +
          'or, if you trust its origin as your own code, set MODELSHIP_TRUST_PICKLE to true (`trustPickle` in code, ' +
          '`--trust-pickle` on the command line).',
      );
    }
    if (trustFor(format) === 'trustCode' && !options.trustCode) {
      throw new ModelPackageError(
        'FORMAT_UNTRUSTED',
        `${path} is the code of a handler, which runs when it is loaded and for each request. If you trust its origin as your ` +
          'own code, set MODELSHIP_TRUST_CODE to true (`trustCode` in code, `--trust-code` on the command line).',
      );
    }
    if (process.platform === 'win32') {
      // A worker inherits a socket, which Windows does not pass on to other programs.
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${path} has the format ${format}, which needs a Python worker, and workers need Linux or macOS. On Windows, use ` +
          'the Windows Subsystem for Linux, or export the model to ONNX.',
      );
    }
    const { python = 'python3', workers = 1, processes = 1, timeoutSeconds } = options;
    const { threads = shareOf(availableProcessors(), processes) } = options;
    const { startSeconds = START_SECONDS } = options;
    const { workerMemoryMib = (MEMORY_SHARE * memoryLimit()) / workers / processes / MIB } = options;
    // The worker runs in another folder, so a path must be absolute. A bare name is looked up on PATH.
    const pool = new WorkerPool(workers, {
      python: basename(python) === python ? python : resolve(python),
      path: resolve(path),
      format,
      trusted: trustFor(format) !== undefined,
      environment: options.workerEnvironment,
      declared,
      method,
      outputNames,
      code: code === undefined ? undefined : resolve(code),
      handler,
      verify: verify ?? (async () => {}),
      // Workers run concurrently and share the CPUs.
      threads: Math.max(1, Math.floor(threads / workers)),
      loadLimitMs: startSeconds * 1000,
      runLimitMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
      memoryBytes: workerMemoryMib * MIB,
      onLine: options.onLine ?? (() => {}),
    });
    return new PythonModel(await pool.load(), pool, workers, threads);
  },
};

class PythonModel implements LoadedModel {
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly requirements: readonly string[] | undefined;
  readonly restrictions: readonly string[] | undefined;
  readonly examples: LoadedModel['examples'];
  readonly maxRequests: number | undefined;

  constructor(
    { signatures, requirements, restrictions, examples, maxRequests }: WorkerModel,
    private readonly pool: WorkerPool,
    readonly concurrency: number,
    readonly processors: number,
  ) {
    this.signatures = signatures;
    this.requirements = requirements;
    this.restrictions = restrictions;
    this.examples = examples;
    this.maxRequests = maxRequests;
  }

  get isHealthy(): boolean {
    return this.pool.isHealthy;
  }

  get fault(): string | undefined {
    return this.pool.fault;
  }

  async run(inputs: readonly Tensor[], signatureName = DEFAULT_SIGNATURE): Promise<Tensor[]> {
    try {
      return await this.pool.run(inputs, { signature: signatureName });
    } catch (error) {
      // A SavedModel may accept more shapes than it declares, so they are compared only once it has rejected one. The
      // error is then the same as for other formats.
      const isRejected = error instanceof InferenceError && error.code === 'INVALID_ARGUMENT';
      if (isRejected) checkInputs(this.signatures[signatureName]!, inputs);
      throw error;
    }
  }

  async parameters(): Promise<readonly Tensor[] | undefined> {
    const tensors = await this.pool.run([], { parameters: true });
    return tensors.length > 0 ? tensors : undefined;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
