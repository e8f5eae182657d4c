import type { ModelEntry } from './model-entry.js';
import type { ModelVersion, ServedModel } from './served-model.js';

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

/** Most names that an error lists. */
const LISTED_NAMES = 10;

/** Lists the names of the served models, for callers that asked for something else. */
export function servedModels(models: ModelCatalog): string {
  const names = models.names();
  if (names.length === 0) return 'the server has no models';
  const listed = names.slice(0, LISTED_NAMES).join(', ');
  return `the server has ${listed}${names.length > LISTED_NAMES ? `, … (${names.length} models)` : ''}`;
}
