import type { Tensor } from './tensor.js';

/** Whether a call is still wanted. An AbortSignal is one; it costs more than a small model's run to make. */
export interface Cancellation {
  readonly aborted: boolean;
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
