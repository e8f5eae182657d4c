import type { Tensor } from './tensor.js';

/** State of a call's cancellation. An AbortSignal is valid, but creating one costs more than a run of a small model. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Traces the model calls of the request. @default - no tracing */
  readonly trace?: RequestTrace;
  /** Number of texts that were cut for the request, which models add to. @default 0 */
  truncatedTexts?: number;
  /** Account of the memory held for the request. @default - memory is not counted */
  readonly held?: HeldBytes;
}

/** Memory account of one request. */
export interface HeldBytes {
  /** Bytes counted so far. */
  readonly bytes: number;
  /**
   * Checks that `bytes` more fit into the budget.
   *
   * @throws InferenceError `UNAVAILABLE` if other requests hold too much, `OUT_OF_RANGE` if the budget never suffices
   */
  check(bytes: number): void;
  /** Counts `bytes` more. @throws InferenceError as `check` does; the bytes are then not counted */
  take(bytes: number): void;
  /** Replaces the bytes counted so far with `bytes`. */
  resize(bytes: number): void;
  /** Closes the account and frees its bytes. Later changes have no effect. */
  release(): void;
}

/** Traces a request. */
export interface RequestTrace {
  /** Called when a model call is queued. @returns undefined if the call is not traced */
  queued(): CallTrace | undefined;
}

/** Traces one call of a model. */
export interface CallTrace {
  /** Called when the run starts, with the number of `requests` in the batch and their total `rows`. */
  started(rows: number, requests: number): void;
  /** Called when the call completes, with `error` if it failed. */
  ended(error?: unknown): void;
}

/** How a model with a task reads the texts of one request and makes its results. */
export interface TextOptions {
  /**
   * Whether texts longer than the model takes are cut. If not, such a request fails with `INVALID_ARGUMENT`.
   *
   * @default true
   */
  readonly truncate?: boolean;
  /** Side from which tokens are removed. @default - as the package declares */
  readonly truncationSide?: 'left' | 'right';
  /** Name of the prompt that is put before each text. @default - the package's default prompt */
  readonly promptName?: string;
  /** Whether vectors are scaled to the length 1. @default - as the package declares */
  readonly normalize?: boolean;
  /** Number of dimensions that remain of each vector, counted from its start. @default - all */
  readonly dimensions?: number;
  /** Function that turns logits into scores. @default - as the package declares */
  readonly activation?: 'none' | 'sigmoid' | 'softmax';
  /** How tokens are joined to entities. @default - as the package declares */
  readonly aggregation?: 'none' | 'simple' | 'first' | 'average' | 'max';
  /** Hypothesis about a text, in which `{}` stands for the label. @default - as the package declares */
  readonly hypothesisTemplate?: string;
  /** Whether several labels may fit a text, so that each is scored on its own. @default false */
  readonly multiLabel?: boolean;
  /** Number of suggestions for a mask. @default - as the package declares */
  readonly topK?: number;
}

/** What the texts of one request amounted to. */
export interface TextUsage {
  /** Number of tokens that the model read, including special tokens and prompts. */
  readonly tokens: number;
  /** Number of texts that were cut, because they were longer than the model takes. */
  readonly truncated: number;
}

/** One call of a model, independent of the protocol. All inputs of the signature are present, in its order. */
export interface InferenceRequest {
  readonly inputs: readonly Tensor[];
  /** Names of the requested outputs. @default - all outputs of the signature */
  readonly outputs?: readonly string[];
  /** Name of the signature. @default 'serving_default' */
  readonly signatureName?: string;
  /** Options of a model with a task. @default - as the package declares */
  readonly text?: TextOptions;
  /**
   * Whether the server made up the inputs, such as the rows of an explanation. They may be unlike any that callers send.
   *
   * @default false
   */
  readonly isMadeUp?: boolean;
  /** Aborted when the client disconnects. */
  readonly signal?: Cancellation;
}

/** Response of a model: the requested outputs, in the order of the signature. */
export interface InferenceResponse {
  readonly outputs: readonly Tensor[];
  /** What the texts amounted to. @default - the model takes no texts */
  readonly usage?: TextUsage;
}
