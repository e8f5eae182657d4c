import type { TextTokens } from '../engines/engine.js';
import type { ExactExplainer } from '../explain/additive-explainer.js';
import type { Manifest } from '../manifest/index.js';
import type { ModelMetrics } from '../observability/model-metrics.js';
import type { Cancellation, InferenceRequest, InferenceResponse } from '../tensor/request.js';
import type { Signature, Tensor } from '../tensor/tensor.js';

/** States of a version, named as in TensorFlow Serving. The other protocols map them to their own names. */
export type ModelState = 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';

/** Version of a model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

/** Parts of a package that explanations of predictions are computed from. */
export interface ExplanationData {
  /** Computes exact effects of features. @default - the model has no trees or weights that can be read */
  readonly explainer?: ExactExplainer;
  /** Rows that represent absent features. @default - the package has none */
  readonly background?: Tensor;
}

/** Version of a model as protocols use it. */
export interface ServedModel extends ModelVersion {
  readonly manifest: Manifest;
  readonly state: ModelState;
  /**
   * Whether the version is available and can process requests now. It is false while all its worker processes are
   * restarting, for example.
   */
  readonly isReady: boolean;
  /** Location that the package was loaded from, if a caller requested it. */
  readonly source?: string;
  /** Reason why the version is not ready, if its state alone does not explain it. */
  readonly failure?: string;
  /** Inputs of the first golden samples that are small enough to show. @default - none */
  readonly examples?: readonly (readonly Tensor[])[];
  /** Metrics of the version. @default - calls are not counted */
  readonly metrics?: ModelMetrics;
  /** Signatures by name; `serving_default` is always present. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Whether callers see less than the exact scores. @default false */
  readonly hidesScores?: boolean;
  /** Tokenizer of the model. @default - it takes no texts */
  readonly tokens?: TextTokens;
  /**
   * Returns what explanations of predictions need, read with the first call.
   *
   * @throws ModelPackageError if the files of the package changed
   * @default - explanations are sampled, with the background of the request
   */
  explanationData?(): Promise<ExplanationData>;
  /**
   * Runs the request, batched with other waiting requests.
   *
   * @throws InferenceError with the canonical code of the failure
   */
  infer(request: InferenceRequest): Promise<InferenceResponse>;
  /**
   * Keeps the version in memory while several calls serve one request, even if another version replaces it meanwhile.
   * All calls together share the timeout of one request. `calls` makes no further call once its argument is aborted.
   *
   * @throws InferenceError `DEADLINE_EXCEEDED` after the timeout, or what `calls` throws
   */
  hold<T>(calls: (hold: Cancellation) => Promise<T>): Promise<T>;
}
