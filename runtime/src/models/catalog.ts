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

  /** What loads and unloads by request, where that is allowed. */
  control: ModelControl | undefined;

  get ready(): boolean {
    return this.isLoaded && !this.isDraining && [...this.models.values()].every(isServable);
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

  /** Points labels to versions, in the place of all labels that the model had. */
  setLabels(name: string, labels: Readonly<Record<string, string>>): void {
    this.versionLabels.set(name, labels);
  }

  /** Every version of every model. */
  all(): readonly ServedVersion[] {
    return [...this.models.values()].flat();
  }

  /** The version of exactly this number, whatever its state. */
  version(name: string, version: string): ServedVersion | undefined {
    return this.models.get(name)?.find((each) => each.version === version);
  }

  /** Adds a version, newest first, in the place of one with the same number. */
  add(model: ServedVersion): void {
    const others = (this.models.get(model.name) ?? []).filter(({ version }) => version !== model.version);
    const versions = [...others, model];
    versions.sort((left, right) => newestFirst(left.version, right.version));
    this.models.set(model.name, versions);
  }

  /** Forgets a version. */
  remove(model: ServedVersion): void {
    const others = (this.models.get(model.name) ?? []).filter((each) => each !== model);
    if (others.length > 0) this.models.set(model.name, others);
    else {
      this.models.delete(model.name);
      this.versionLabels.delete(model.name);
    }
  }

  /** From now on the server is ready while every model that is served has a version that is healthy. */
  loaded(): void {
    this.isLoaded = true;
  }

  /** From now on the server is not ready, whatever its models are. */
  drain(): void {
    this.isDraining = true;
  }
}

/** A model that is on its way in, or could not be loaded, takes nothing from those that are served. */
function isServable(versions: readonly ServedVersion[]): boolean {
  const available = versions.filter(({ state }) => state === 'AVAILABLE');
  return available.length === 0 || available.some(({ isReady }) => isReady);
}
