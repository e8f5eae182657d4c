import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, ModelPackageError, readManifest } from '../manifest/index.js';
import type { Logger } from '../observability/log.js';
import { checkDigest } from '../store/check-digest.js';
import type { Catalog } from './catalog.js';
import { ServedVersion, type VersionOptions } from './served-version.js';

/** What a set of packages needs to become models. */
export interface ModelSetOptions extends VersionOptions {
  readonly catalog: Catalog;
  readonly logger: Logger;
  /** @default whatever the packages say */
  readonly modelDigest?: string;
}

/**
 * The packages of a folder, which may change: new ones are loaded, and what they replace serves until they are ready. A
 * package that cannot be loaded replaces nothing.
 */
export class ModelSet {
  private readonly told = new Map<string, string>();

  constructor(
    private readonly folder: string,
    private readonly options: ModelSetOptions,
  ) {}

  /**
   * Loads what is there at the start.
   *
   * @throws ModelPackageError for the first package that cannot be loaded, or if there is none
   */
  async load(): Promise<void> {
    const found = packageFolders(this.folder);
    if (found.length === 0) throw nothingAt(this.folder);
    for (const directory of found) {
      const version = this.open(directory);
      this.options.catalog.add(version);
      await this.start(version);
    }
  }

  /** Loads packages that came, and retires those that went. Failures are logged, once each. */
  async refresh(): Promise<void> {
    const { catalog } = this.options;
    const present = new Set<string>();
    for (const directory of packageFolders(this.folder)) {
      try {
        const opened = this.open(directory);
        present.add(versionKey(opened));
        const current = catalog.version(opened.name, opened.version);
        if (current?.state === 'AVAILABLE' && current.manifest.digest === opened.manifest.digest) continue;
        await this.start(opened);
        catalog.add(opened);
        await current?.retire();
        this.told.delete(directory);
      } catch (error) {
        this.report(directory, error as Error);
      }
    }
    for (const version of catalog.all()) {
      if (present.has(versionKey(version)) || !this.isReplaced(version)) continue;
      await version.retire();
      catalog.remove(version);
      this.options.logger.log('info', 'model retired', { model: version.name, version: version.version });
    }
  }

  /** The last version of a model that was removed keeps serving: an empty folder is more likely a mistake. */
  private isReplaced(version: ServedVersion): boolean {
    return this.options.catalog
      .all()
      .some((each) => each !== version && each.name === version.name && each.state === 'AVAILABLE');
  }

  private open(directory: string): ServedVersion {
    const manifest = readManifest(directory);
    checkDigest(manifest, this.options.modelDigest);
    return new ServedVersion(directory, manifest, this.options);
  }

  private async start(version: ServedVersion): Promise<void> {
    const since = performance.now();
    await version.load();
    const { name, version: number, digest } = version.manifest;
    const milliseconds = Math.round(performance.now() - since);
    this.options.logger.log('info', 'model loaded', { model: name, version: number, digest, milliseconds });
  }

  private report(directory: string, error: Error): void {
    if (this.told.get(directory) === error.message) return;
    this.told.set(directory, error.message);
    this.options.logger.log('error', 'a package cannot be loaded; what was served before still is', {
      directory,
      error: error.message,
    });
  }
}

function versionKey({ name, version }: ServedVersion): string {
  return `${name}/${version}`;
}

/** The folder itself if it is a package, else the packages in it, and in the folders in it: `NAME/VERSION`. */
function packageFolders(folder: string, depth = 2): string[] {
  if (existsSync(join(folder, MANIFEST_FILE))) return [folder];
  if (depth === 0 || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort()
    .flatMap((each) => packageFolders(each, depth - 1));
}

function nothingAt(folder: string): ModelPackageError {
  return new ModelPackageError(
    'MANIFEST_MISSING',
    `no model package at ${folder}: it holds no ${MANIFEST_FILE}, nor does a folder in it. ` +
      'Make a package with `modelship pack FILE --name NAME`, and give the folder it wrote.',
  );
}
