import type { Tensor } from './tensor.js';

/** State of a call's cancellation. An AbortSignal is valid, but creating one costs more than a run of a small model. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Traces the model calls of the request. @default - no tracing */
  readonly trace?: RequestTrace;
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

/** One call of a model, independent of the protocol. All inputs of the signature are present, in its order. */
export interface InferenceRequest {
  readonly inputs: readonly Tensor[];
  /** Names of the requested outputs. @default - all outputs of the signature */
  readonly outputs?: readonly string[];
  /** Name of the signature. @default 'serving_default' */
  readonly signatureName?: string;
  /** Aborted when the client disconnects. */
  readonly signal?: Cancellation;
}

/** Response of a model: the requested outputs, in the order of the signature. */
export interface InferenceResponse {
  readonly outputs: readonly Tensor[];
}
