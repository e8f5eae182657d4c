import type { HttpRequest, HttpResponse, Route } from '../http/http.js';
import type { Manifest } from '../manifest/index.js';
import type { ModelEntry } from '../models/model-entry.js';
import type { ModelMetrics } from '../observability/model-metrics.js';
import type { Cancellation, InferenceRequest, InferenceResponse } from '../tensor/request.js';
import type { Signature } from '../tensor/tensor.js';

/** The states TensorFlow Serving names, which every other protocol maps from. */
export type ModelState = 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';

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

/** The models a server holds. */
export interface ModelCatalog {
  /** Whether the server as a whole may receive requests: every model loaded and no drain under way. */
  readonly ready: boolean;
  /** Newest version first. */
  versions(name: string): readonly ServedModel[];
  names(): readonly string[];
  /**
   * The version asked for, or the newest available one.
   *
   * @returns undefined if there is none
   */
  find(name: string, version?: string): ServedModel | undefined;
  /** Versions by the label that points to them, as TensorFlow Serving's `labels/L` names them. */
  labels(name: string): Readonly<Record<string, string>>;
  /** Absent where callers may not change what is served. */
  readonly control?: ModelControl;
}

/** A version of a model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

/** What callers may change where they are let. Each call resolves once requests find what it asked for. */
export interface ModelControl {
  /**
   * Loads the model `name` from where the server was told it is, or the packages at `location` under that name.
   *
   * @throws InferenceError `NOT_FOUND`, `ALREADY_EXISTS` for a location if the name is taken, `INVALID_ARGUMENT` for a
   * location outside those configured or a package that cannot be loaded, `RESOURCE_EXHAUSTED` if there is no memory left
   */
  load(name: string, location?: string): Promise<void>;
  /**
   * Drains and frees every version of `name`.
   *
   * @throws InferenceError `NOT_FOUND`
   */
  unload(name: string): Promise<void>;
  /**
   * Serves exactly `entries`. What is dropped goes once all the rest is there; where that fails, nothing is changed.
   *
   * @throws InferenceError `INVALID_ARGUMENT`, or `FAILED_PRECONDITION` for a label of a version that is not available
   */
  configure(entries: readonly ModelEntry[]): Promise<void>;
  /** Versions that were found and are not in memory. */
  unloaded(): readonly ModelVersion[];
}

/** A wire protocol: routes that decode bytes into requests and encode responses into bytes, and no state. */
export interface Protocol {
  readonly name: string;
  routes(models: ModelCatalog): readonly Route[];
  /** Paths that hosts ask for a sign of life, without a credential. @default none */
  readonly probes?: readonly string[];
  /** Whether a failure outside the handlers, on this path, is worded by this protocol. */
  owns(path: string): boolean;
  /** How this protocol words a failure. What is not an InferenceError is told as an internal error, without its text. */
  errorResponse(error: unknown): HttpResponse;
  /** Answers a request on a path it owns for which no route was found. @default the `NOT_FOUND` failure */
  unmatched?(request: HttpRequest): HttpResponse;
}
