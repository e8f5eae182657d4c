import type { Tensor } from './tensor.js';

/** Whether a call is still wanted. An AbortSignal is one; it costs more than a small model's run to make. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Follows the calls of a model that the request makes. @default nobody does */
  readonly trace?: RequestTrace;
}

/** Follows a request. */
export interface RequestTrace {
  /** A call of a model begins to wait. @returns undefined if nobody follows it */
  queued(): CallTrace | undefined;
}

/** Follows one call of a model. */
export interface CallTrace {
  /** Its run begins, for `requests` that have `rows` together. */
  started(rows: number, requests: number): void;
  /** It has its answer, or `error` in its place. */
  ended(error?: unknown): void;
}

/** One call of a model, whatever protocol it came by. All inputs of the signature are present, in its order. */
export interface InferenceRequest {
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted. @default all outputs of the signature */
  readonly outputs?: readonly string[];
  /** @default 'serving_default' */
  readonly signatureName?: string;
  /** Aborted when the client goes away. */
  readonly signal?: Cancellation;
}

/** What the model answered: the outputs asked for, in the signature's order. */
export interface InferenceResponse {
  readonly outputs: readonly Tensor[];
}
