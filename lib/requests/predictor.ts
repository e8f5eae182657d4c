import type { Signature, Tensor } from '@modelship/runtime';
import type { Tolerance } from '@modelship/runtime/serve';

/** A model that responds to requests. */
export interface Predictor {
  readonly signature: Signature;
  readonly tolerance: Tolerance;
  /** Returns the outputs in the order of the signature. */
  predict(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
}
