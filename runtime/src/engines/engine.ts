import type { Handler, ModelFormat } from '../manifest/index.js';
import type { TextOptions } from '../tensor/request.js';
import type { Signature, Tensor } from '../tensor/tensor.js';

/** A token of a text. */
export interface TextToken {
  readonly id: number;
  /** Part of the text that became the token, or the name of a special token. */
  readonly text: string;
  /** Whether the tokenizer added it. */
  readonly special: boolean;
  /** First character of the token in its text, in Unicode code points. */
  readonly start: number;
  /** Character after the last one. */
  readonly end: number;
}

/** Token ids of a text as a model reads them. */
export interface EncodedIds {
  readonly ids: readonly number[];
  /** Sequence of each token: 0 in the first text and 1 in the second. Tokenizers of some models give 0 to both. */
  readonly typeIds: readonly number[];
  /** Whether the text was longer than the model takes, so that tokens were removed. */
  readonly isTruncated: boolean;
}

/** Tokenizer of a model that takes texts. Arguments and results can be sent to another thread. */
export interface TextTokens {
  /** Returns the token ids of each text as the model reads them. @throws InferenceError `INVALID_ARGUMENT` */
  encode(texts: readonly string[], options: TextOptions): Promise<readonly EncodedIds[]>;
  /**
   * Returns the tokens of each text, without a limit on their number.
   *
   * @param specialTokens whether to add the special tokens that the model expects
   * @throws InferenceError `INVALID_ARGUMENT` for a text that is too long to tokenize
   */
  tokenize(texts: readonly string[], specialTokens: boolean): Promise<readonly (readonly TextToken[])[]>;
  /** Returns the text of each list of token ids. @throws InferenceError `INVALID_ARGUMENT` for an unknown id */
  decode(ids: readonly (readonly number[])[], skipSpecialTokens: boolean): Promise<readonly string[]>;
}

/** How rows of a model differ in length, for models that take texts. */
export interface RowLengths {
  /** Maximum number of tokens of a row. */
  readonly max: number;
  /** Estimates the number of tokens of the longest row of a request. */
  estimate(inputs: readonly Tensor[]): number;
  /** Returns inputs of the model itself with one row of `tokens`, to measure it. */
  example(tokens: number): readonly Tensor[];
  /** Sets the maximum number of rows of one run of the model itself, by the length of the longest row. */
  limitRows(maxRows: (tokens: number) => number): void;
  /** Returns the same model with another such maximum, to try it while the model serves requests. */
  withRows(maxRows: (tokens: number) => number): LoadedModel;
}

/** A model loaded into memory. */
export interface LoadedModel {
  /** Signatures that the artifact itself declares. `serving_default` is always present. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /**
   * Runs the model once on whole tensors. Inputs and outputs are in the order of the signature.
   *
   * @param text options of a model that takes texts, whose outputs are then followed by those that `takeUsage` reads
   */
  run(inputs: readonly Tensor[], signatureName?: string, text?: TextOptions): Promise<Tensor[]>;
  /**
   * Runs the model, and returns the milliseconds of processor time of the run, without the steps of a task. Unlike
   * elapsed time, they depend little on other work of the machine and on requests that run meanwhile.
   *
   * @param inputs inputs of the default signature, or of the model itself if it has `lengths`
   * @default - runs cannot be measured
   */
  processorTime?(inputs: readonly Tensor[]): Promise<number>;
  /** Whether the model has its own thread because its runs are long. @default false */
  readonly hasOwnThread?: boolean;
  /** Tokenizer of the model. @default - it takes no texts */
  readonly tokens?: TextTokens;
  /**
   * Returns the parameters of the model as the process that runs it reads them, to explain predictions.
   *
   * @returns undefined if it is none of the models whose parameters are known
   * @default - only the artifact has them
   */
  parameters?(): Promise<readonly Tensor[] | undefined>;
  /** How rows differ in length. @default - all rows have the same length */
  readonly lengths?: RowLengths;
  /**
   * Python packages that the model needs, as lines of `requirements.txt`.
   *
   * @default - none, or its package lists them
   */
  readonly requirements?: readonly string[];
  /** Inputs of requests that the model itself suggests, from columns and values that it records. @default - none */
  readonly examples?: readonly (readonly Tensor[])[];
  /** What the processes of the model cannot do, for people, such as `no TCP connections`. @default - it has none */
  readonly restrictions?: readonly string[];
  /** Maximum number of requests that the model takes together, which no trial has to find out. @default - a trial does */
  readonly maxRequests?: number;
  /** Whether the artifact declares that outputs and inputs have different row counts. @default - it declares nothing */
  readonly givesOtherRows?: boolean;
  /** Maximum number of runs in flight now. @default 1 */
  readonly concurrency?: number;
  /**
   * Number of runs sent while an earlier one is in progress, so that the engine never waits for the next one.
   *
   * @default 0
   */
  readonly queuedRuns?: number;
  /** Number of processors that the runs in flight use. @default 1 */
  readonly processors?: number;
  /** Whether a request can succeed now. @default true */
  readonly isHealthy?: boolean;
  /** Reason why requests cannot succeed, for people. @default - the processes of the model keep exiting */
  readonly fault?: string;
  /**
   * Moves the model to its own thread, because its runs would block the calling thread too long. No run may be in
   * flight.
   *
   * @param threads number of threads for one run
   * @default - runs do not block the thread, or the model already has its own
   */
  offload?(threads: number): Promise<void>;
  /** Frees native memory. No run may be in flight. */
  close(): Promise<void>;
}

/** A saved model on disk. */
export interface Artifact {
  /** Path of the file, or of the folder for formats that are folders. */
  readonly path: string;
  readonly format: ModelFormat;
  /**
   * Declared inputs and outputs, for formats that do not record them. If only the inputs are known when a model is
   * packed, a run of the model determines the outputs.
   *
   * @default - the signature that the artifact records
   */
  readonly declared?: Partial<Signature>;
  /**
   * Whether a Python worker runs the model, for formats that need Python for some models only.
   *
   * @default true
   */
  readonly needsPython?: boolean;
  /**
   * Method of an estimator whose result is the only output. A packaged estimator has the outputs that it declares.
   *
   * @default - classes and, if the estimator has them, their probabilities
   */
  readonly method?: 'predict' | 'predict_proba';
  /** Names of the outputs of a module that gives them by position. @default - `output`, or `output_0` and so on */
  readonly outputNames?: readonly string[];
  /** Code that answers requests, for the format `handler`, with the path of its model on disk. */
  readonly handler?: Handler;
  /** Folder of the Python modules that the artifact imports. @default - it imports installed packages only */
  readonly code?: string;
  /**
   * Verifies the files of the artifact again. Engines await it before each further read of the artifact, and do not
   * read the artifact if it throws.
   *
   * @default - the files are trusted not to change
   */
  readonly verify?: () => Promise<void>;
}

/** Loads artifacts of certain formats. */
export interface Engine {
  /**
   * Loads an artifact whose digest the caller has verified.
   *
   * @throws ModelPackageError `ARTIFACT_INVALID` if the file cannot be loaded
   */
  load(artifact: Artifact, options: EngineOptions): Promise<LoadedModel>;
}

export interface EngineOptions {
  /**
   * Threads for one run.
   *
   * @default - one until the model is offloaded; in worker processes all CPUs that the process may use
   */
  readonly threads?: number;
  /**
   * Whether runs are known to be long, so that the model is loaded into its own thread at once.
   *
   * @default false
   */
  readonly isLong?: boolean;
  /** Number of processes of the server, which share processors and memory. @default 1 */
  readonly processes?: number;
  /** Whether to load formats that can run arbitrary code from the file. @default false */
  readonly trustPickle?: boolean;
  /** Whether to run handlers, which are code of the package. @default false */
  readonly trustCode?: boolean;
  /** Worker processes for one model of a Python framework. @default 1 */
  readonly workers?: number;
  /**
   * MiB of memory above which a worker process of a Python model is replaced.
   *
   * @default - three quarters of the memory of the container or the machine, divided among the model's processes
   */
  readonly workerMemoryMib?: number;
  /**
   * Names of environment variables that worker processes inherit, in addition to those of Python, the locale and numeric
   * libraries.
   *
   * @default - none
   */
  readonly workerEnvironment?: readonly string[];
  /** Python interpreter for models of Python frameworks: a path, or a name on PATH. @default 'python3' */
  readonly python?: string;
  /** Seconds that a worker process may take to load the model. @default 300 */
  readonly startSeconds?: number;
  /**
   * Seconds after which a worker process or a thread that has not finished a run is replaced.
   *
   * @default - runs have no limit
   */
  readonly timeoutSeconds?: number;
  /** Receives each line that a worker process writes. @default - lines are dropped */
  readonly onLine?: (line: string) => void;
}
