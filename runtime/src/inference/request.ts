import type { Tensor } from './tensor.js';

/** One call of a model, whatever protocol it came by. All inputs of the signature are present, in its order. */
export interface InferenceRequest {
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted. @default all outputs of the signature */
  readonly outputs?: readonly string[];
  /** @default 'serving_default' */
  readonly signatureName?: string;
  /** Aborted when the client goes away or the deadline passes. */
  readonly signal?: AbortSignal;
}

/** What the model answered: the outputs asked for, in the signature's order. */
export interface InferenceResponse {
  readonly outputs: readonly Tensor[];
}
