import type { ModelCatalog, ServedModel } from '../protocols/protocol.js';
import type { ServedVersion } from './served-version.js';

/** The models in memory, each with its versions. */
export class Catalog implements ModelCatalog {
  private readonly models = new Map<string, ServedVersion[]>();
  private isLoaded = false;
  private isDraining = false;

  get ready(): boolean {
    return (
      this.isLoaded &&
      !this.isDraining &&
      [...this.models.values()].every((versions) => versions.some(({ isReady }) => isReady))
    );
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

  labels(): Readonly<Record<string, string>> {
    return {};
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
    versions.sort((left, right) => Number(BigInt(right.version) - BigInt(left.version)));
    this.models.set(model.name, versions);
  }

  /** Forgets a version. */
  remove(model: ServedVersion): void {
    const others = (this.models.get(model.name) ?? []).filter((each) => each !== model);
    if (others.length > 0) this.models.set(model.name, others);
    else this.models.delete(model.name);
  }

  /** From now on the server is ready if every model has a version that is available and healthy. */
  loaded(): void {
    this.isLoaded = true;
  }

  /** From now on the server is not ready, whatever its models are. */
  drain(): void {
    this.isDraining = true;
  }
}
