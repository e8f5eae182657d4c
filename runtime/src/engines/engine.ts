import type { ModelFormat } from '../manifest/index.js';
import type { Signature, Tensor } from '../tensor/tensor.js';

/** A model in memory. */
export interface LoadedModel {
  /** What the artifact itself says it takes and gives; `serving_default` is always present. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Runs once over whole tensors. Inputs are in the signature's order; so are the outputs. */
  run(inputs: readonly Tensor[], signatureName?: string): Promise<Tensor[]>;
  /** The Python packages it runs on, as lines of `requirements.txt`. @default it needs none, or its package names them */
  readonly requirements?: readonly string[];
  /** Whether outputs have other rows than inputs, by what the artifact says. @default it does not say */
  readonly givesOtherRows?: boolean;
  /** Runs that may be in flight at once. @default 1 */
  readonly concurrency?: number;
  /** Runs that may be sent before an earlier one is answered, so that the engine never waits for the next. @default 0 */
  readonly ahead?: number;
  /** Whether requests have a chance, now. @default true */
  readonly isHealthy?: boolean;
  /** Why requests have no chance, for people. @default the processes of the model end again and again */
  readonly fault?: string;
  /**
   * Moves the model to a thread of its own, for runs that would hold this one too long. No run may be in flight.
   *
   * @param threads for one run
   * @default runs never hold the thread
   */
  offload?(threads: number): Promise<void>;
  /** Frees native memory. No run may be in flight. */
  close(): Promise<void>;
}

/** A saved model on disk. */
export interface Artifact {
  /** The file, or the folder for formats that are one. */
  readonly path: string;
  readonly format: ModelFormat;
  /**
   * What it takes and gives, for formats that do not record it. Whoever packs a model may know of the inputs alone: the
   * outputs are then found by running it.
   *
   * @default what the artifact says
   */
  readonly declared?: Partial<Signature>;
  /**
   * Verifies once more what the artifact is made of: awaited each time before the artifact is read again, which is not
   * done if it throws.
   *
   * @default the files are trusted to stay as they were
   */
  readonly verify?: () => Promise<void>;
}

/** Loads the artifacts of some formats. */
export interface Engine {
  /**
   * The caller has verified the artifact's digest.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the file cannot be loaded
   */
  load(artifact: Artifact, options: EngineOptions): Promise<LoadedModel>;
}

export interface EngineOptions {
  /** Threads for one run. @default one until the model is offloaded, and in worker processes all the CPUs */
  readonly threads?: number;
  /** Whether formats may be loaded that run code which the file names. @default false */
  readonly trustPickle?: boolean;
  /** Processes for one model of a Python framework. @default 1 */
  readonly workers?: number;
  /**
   * MiB of memory above which a process for a model of a Python framework is replaced.
   *
   * @default three quarters of the memory of the container or the machine, shared between the model's processes
   */
  readonly workerMemoryMib?: number;
  /** The interpreter for models of Python frameworks: a path, or a name on PATH. @default `python3` */
  readonly python?: string;
  /** Seconds that such a process may take to load the model. @default 300 */
  readonly startSeconds?: number;
  /** Seconds after which a process that is still at a run is killed and replaced. @default runs have no limit */
  readonly timeoutSeconds?: number;
  /** Takes each line that a worker process writes. @default lines are dropped */
  readonly onLine?: (line: string) => void;
}
