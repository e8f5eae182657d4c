import type { ModelCatalog, ServedModel } from '../protocols/protocol.js';
import type { ServedVersion } from './served-version.js';

/** The models in memory, each with its versions. */
export class Catalog implements ModelCatalog {
  private readonly models = new Map<string, ServedVersion[]>();
  private isLoaded = false;
  private isDraining = false;

  get ready(): boolean {
    return this.isLoaded && !this.isDraining && this.all().every((each) => each.state === 'AVAILABLE');
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

  /** Adds a version, newest first. */
  add(model: ServedVersion): void {
    const versions = [...(this.models.get(model.name) ?? []), model];
    versions.sort((left, right) => Number(BigInt(right.version) - BigInt(left.version)));
    this.models.set(model.name, versions);
  }

  /** From now on the server is ready if every model is. */
  loaded(): void {
    this.isLoaded = true;
  }

  /** From now on the server is not ready, whatever its models are. */
  drain(): void {
    this.isDraining = true;
  }
}
