import type { MeasuredModel } from '../observability/metrics.js';
import type { ModelCatalog, ModelControl } from './model-catalog.js';
import type { ServedModel } from './served-model.js';
import type { ServedVersion } from './served-version.js';
import { newestFirst } from './version-policy.js';

/** The models in memory, each with its versions. */
export class Catalog implements ModelCatalog {
  private readonly models = new Map<string, ServedVersion[]>();
  private readonly versionLabels = new Map<string, Readonly<Record<string, string>>>();
  private isLoaded = false;
  private isDraining = false;

  /** Interface to load and unload models on request; undefined if callers may not do so. */
  control: ModelControl | undefined;

  /** Returns the metrics summed over several processes; undefined in a server of one process. */
  measured: (() => Promise<readonly MeasuredModel[]>) | undefined;

  /** Returns whether the other processes of the server are ready. */
  othersReady: () => boolean = () => true;

  get ready(): boolean {
    return this.isReady && this.othersReady();
  }

  /** Whether this process can receive requests. */
  get isReady(): boolean {
    return this.isLoaded && !this.isDraining && [...this.models.values()].every(isServable);
  }

  /** Number of processors that the runs of a model use at once. */
  get processors(): number {
    return Math.max(1, ...this.all().map(({ processors }) => processors));
  }

  names(): readonly string[] {
    return [...this.models.keys()];
  }

  versions(name: string): readonly ServedModel[] {
    return this.models.get(name) ?? [];
  }

  find(name: string, version?: string): ServedModel | undefined {
    const versions = this.models.get(name);
    if (versions === undefined) return undefined;
    for (const each of versions) {
      if (each.state === 'AVAILABLE' && (version === undefined || each.version === version)) return each;
    }
    return undefined;
  }

  labels(name: string): Readonly<Record<string, string>> {
    return this.versionLabels.get(name) ?? {};
  }

  /** Replaces all labels of a model. */
  setLabels(name: string, labels: Readonly<Record<string, string>>): void {
    this.versionLabels.set(name, labels);
  }

  /** Returns every version of every model. */
  all(): readonly ServedVersion[] {
    return [...this.models.values()].flat();
  }

  /** Returns the version with exactly this number, in any state. */
  version(name: string, version: string): ServedVersion | undefined {
    return this.models.get(name)?.find((each) => each.version === version);
  }

  /** Adds a version and replaces one with the same number. Versions stay sorted newest first. */
  add(model: ServedVersion): void {
    const others = (this.models.get(model.name) ?? []).filter(({ version }) => version !== model.version);
    const versions = [...others, model];
    versions.sort((left, right) => newestFirst(left.version, right.version));
    this.models.set(model.name, versions);
  }

  /** Removes a version. */
  remove(model: ServedVersion): void {
    const others = (this.models.get(model.name) ?? []).filter((each) => each !== model);
    if (others.length > 0) this.models.set(model.name, others);
    else {
      this.models.delete(model.name);
      this.versionLabels.delete(model.name);
    }
  }

  /**
   * Marks the initial load as complete. From now on the server is ready while every served model has a healthy version.
   */
  loaded(): void {
    this.isLoaded = true;
  }

  /** Marks the server as not ready, regardless of its models. */
  drain(): void {
    this.isDraining = true;
  }
}

/**
 * Returns whether a model does not impair readiness. A model that is still loading, or failed to load, does not affect
 * the models that are served.
 */
function isServable(versions: readonly ServedVersion[]): boolean {
  const available = versions.filter(({ state }) => state === 'AVAILABLE');
  return available.length === 0 || available.some(({ isReady }) => isReady);
}
