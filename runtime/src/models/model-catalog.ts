import type { MeasuredModel } from '../observability/metrics.js';
import { InferenceError } from '../tensor/errors.js';
import type { ModelEntry } from './model-entry.js';
import type { ModelVersion, ServedModel } from './served-model.js';

/** The models of a server. */
export interface ModelCatalog {
  /** Whether the server can receive requests: all models are loaded and it is not draining. */
  readonly ready: boolean;
  /** Returns the versions of a model, newest first. */
  versions(name: string): readonly ServedModel[];
  names(): readonly string[];
  /** Finds the requested version, or the newest available one. @returns undefined if there is none */
  find(name: string, version?: string): ServedModel | undefined;
  /** Returns the version of each label, as in TensorFlow Serving's `labels/L`. */
  labels(name: string): Readonly<Record<string, string>>;
  /**
   * Returns the metrics of every version, summed over the processes of the server.
   *
   * @default - the metrics of each version are complete
   */
  readonly measured?: () => Promise<readonly MeasuredModel[]>;
  /** Interface to change the served models; undefined if callers may not change them. */
  readonly control?: ModelControl;
}

/**
 * Changes that authorized callers can make to the served models. Each promise resolves once requests see the change.
 */
export interface ModelControl {
  /**
   * Loads model `name` from its configured location, or the packages at `location` under that name.
   *
   * @throws InferenceError `NOT_FOUND`, or `ALREADY_EXISTS` for a location if the name is in use
   * @throws InferenceError `INVALID_ARGUMENT` for a location that is not allowed or a package that cannot be loaded
   * @throws InferenceError `RESOURCE_EXHAUSTED` if memory is insufficient
   */
  load(name: string, location?: string): Promise<void>;
  /** Drains and frees every version of `name`. @throws InferenceError `NOT_FOUND` */
  unload(name: string): Promise<void>;
  /**
   * Serves exactly `entries`. Other models are removed only after all entries are loaded. If loading fails, nothing
   * changes.
   *
   * @throws InferenceError `INVALID_ARGUMENT`, or `FAILED_PRECONDITION` for a label of a version that is not available
   */
  configure(entries: readonly ModelEntry[]): Promise<void>;
  /** Returns the versions that were found but are not in memory. */
  unloaded(): readonly ModelVersion[];
}

/** Returns the requested version of each model that has it, or the newest available one of each. */
export function loadedModels(models: ModelCatalog, version?: string): ServedModel[] {
  return models.names().flatMap((name) => models.find(name, version) ?? []);
}

/**
 * Returns the error for a model that is not found because it is loading, so that clients retry.
 *
 * @returns undefined if the model is not loading
 */
export function loadingError(models: ModelCatalog, name: string, version?: string): InferenceError | undefined {
  // Until the manifests are read, no model is known.
  if (!models.ready && models.names().length === 0) {
    return new InferenceError('UNAVAILABLE', 'the models are loading', 1);
  }
  const isLoading = models
    .versions(name)
    .some((each) => (version === undefined || each.version === version) && ['START', 'LOADING'].includes(each.state));
  return isLoading ? new InferenceError('UNAVAILABLE', `model ${name} is loading`, 1) : undefined;
}

/** Maximum number of names listed in an error. */
const LISTED_NAMES = 10;

/** Lists the names of the served models for errors about unknown models. */
export function servedModels(models: ModelCatalog): string {
  const names = models.names();
  if (names.length === 0) return 'the server has no models';
  const listed = names.slice(0, LISTED_NAMES).join(', ');
  return `the server has ${listed}${names.length > LISTED_NAMES ? `, … (${names.length} models)` : ''}`;
}
