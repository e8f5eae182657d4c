import type { Manifest } from '../manifest/index.js';
import type { ModelMetrics } from '../observability/model-metrics.js';
import type { Cancellation, InferenceRequest, InferenceResponse } from '../tensor/request.js';
import type { Signature, Tensor } from '../tensor/tensor.js';

/** The states TensorFlow Serving names, which every other protocol maps from. */
export type ModelState = 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';

/** A version of a model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

/** One version of a model, as a protocol sees it. */
export interface ServedModel extends ModelVersion {
  readonly manifest: Manifest;
  readonly state: ModelState;
  /** Whether it is available and requests have a chance now: not so while all its worker processes are ending, say. */
  readonly isReady: boolean;
  /** Where the package was loaded from, if it was by a request. */
  readonly source?: string;
  /** Why the version is not ready, if there is more to say than its state. */
  readonly failure?: string;
  /** Inputs of the first golden samples, where they are small enough to show. @default - none */
  readonly examples?: readonly (readonly Tensor[])[];
  /** What is counted of its calls. @default nothing */
  readonly metrics?: ModelMetrics;
  /** By signature name; `serving_default` is always present. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /**
   * Runs the request, batched with others that wait.
   *
   * @throws InferenceError with the canonical code of what went wrong
   */
  infer(request: InferenceRequest): Promise<InferenceResponse>;
  /**
   * Keeps the version in memory for several calls that answer one request, though another takes its place meanwhile.
   * Together they have the time that one request has; `calls` makes no more once its argument is aborted.
   *
   * @throws InferenceError `DEADLINE_EXCEEDED` after that time, or what `calls` throws
   */
  hold<T>(calls: (hold: Cancellation) => Promise<T>): Promise<T>;
}
