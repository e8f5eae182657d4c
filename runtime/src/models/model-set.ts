import type { Logger } from '../observability/log.js';
import { withoutQuery } from '../store/open-store.js';
import { InferenceError } from '../tensor/errors.js';
import { type Candidate, findCandidates } from './candidates.js';
import type { Catalog } from './catalog.js';
import { bytesLeft, bytesToLoad } from './memory.js';
import type { ModelEntry } from './model-entry.js';
import type { ModelVersion } from './served-model.js';
import { ServedVersion, type VersionOptions } from './served-version.js';
import { Setbacks } from './setbacks.js';
import { chosenVersions } from './version-policy.js';

/** What a set of packages needs to become models. */
export interface ModelSetOptions extends VersionOptions {
  readonly catalog: Catalog;
  readonly logger: Logger;
}

/** What one look at the packages came to. */
export interface Look {
  /** By the model's name, or the package's location where the name could not be told. */
  readonly failures: Map<string, Error>;
  /** The versions that should be served, by model. */
  readonly chosen: Map<string, readonly string[]>;
}

/** What is looked for because a caller asked. */
export interface LoadRequest {
  readonly name: string;
  /** Where the caller said it is. */
  readonly source?: string;
}

/**
 * The models of a server, which may change: packages that came are loaded, and what they replace serves until they are
 * ready. A package that cannot be loaded replaces nothing. Changes must be made one at a time.
 */
export class ModelSet {
  entries: readonly ModelEntry[] = [];
  /** Names that are not to be served though their packages are there. */
  readonly resting = new Set<string>();
  readonly setbacks = new Setbacks();
  private readonly found = new Map<string, readonly Candidate[]>();
  private isStarted = false;
  private isClosed = false;

  constructor(private readonly options: ModelSetOptions) {}

  /**
   * Loads what is there at the start.
   *
   * @throws Error if a store cannot be read, a manifest is wrong, a model has no version that can be loaded, or a label
   * points nowhere
   */
  async start(entries: readonly ModelEntry[]): Promise<void> {
    this.entries = entries;
    const look = await this.look(entries);
    const failure = this.failureOf(look);
    if (failure) {
      for (const name of this.options.catalog.names()) await this.forget(name);
      throw failure;
    }
    for (const [location, error] of look.failures) this.log(location, error);
    this.isStarted = true;
  }

  /** Loads packages that came, and retires those that went. Failures are logged, once each. */
  async refresh(): Promise<void> {
    this.found.clear();
    await this.retire(await this.look(this.entries));
  }

  /** Loads nothing any more. */
  close(): void {
    this.isClosed = true;
  }

  /** Finds what the entries name, and loads what should be served and is not. Retires nothing. */
  async look(entries: readonly ModelEntry[], request?: LoadRequest): Promise<Look> {
    const look: Look = { failures: new Map(), chosen: new Map() };
    for (const entry of entries) {
      const { models, failures, readable } = await findCandidates(entry);
      for (const location of readable) this.setbacks.clear(location);
      for (const [location, error] of failures) {
        look.failures.set(entry.name ?? location, error);
        this.report(location, location, error);
      }
      for (const [name, candidates] of models) {
        this.found.set(name, candidates);
        if (request ? request.name !== name : this.resting.has(name)) continue;
        look.chosen.set(name, await this.loadChosen(candidates, entry, look, request));
        this.label(name, entry, look);
      }
    }
    return look;
  }

  /** What keeps the models of the entries from being served; undefined if each has a version, and its labels. */
  failureOf({ failures }: Look): Error | undefined {
    for (const [key, error] of failures) {
      if (error instanceof InferenceError || !this.isServed(key)) return error;
    }
    for (const { name, location } of this.entries) {
      if (name === undefined || this.isServed(name)) continue;
      return new Error(`model ${name}: ${withoutQuery(location)} holds none of the versions that are to be served`);
    }
    return undefined;
  }

  /**
   * Retires what should not be served, once something is in its place. The last version of a model that was removed
   * keeps serving, unless its entry was removed too: an empty folder is more likely a mistake.
   */
  async retire({ chosen }: Look): Promise<void> {
    const { catalog } = this.options;
    for (const version of catalog.all()) {
      const { name } = version;
      const isNamed = this.entries.some((entry) => entry.name === undefined || entry.name === name);
      const wanted = chosen.get(name) ?? [];
      const isReplaced = wanted.some((each) => catalog.find(name, each));
      if (isNamed && (!isReplaced || wanted.includes(version.version) || this.isTold(version))) continue;
      await this.remove(version);
    }
  }

  /** Retires every version of a model. */
  async forget(name: string): Promise<void> {
    const versions = this.options.catalog.all().filter((each) => each.name === name);
    await Promise.all(versions.map((each) => this.remove(each)));
  }

  isServed(name: string): boolean {
    return this.options.catalog.find(name) !== undefined;
  }

  /** Versions that were found and are not in memory. */
  unloaded(): readonly ModelVersion[] {
    const candidates = [...this.found.values()].flat();
    return candidates.filter(({ name, version }) => this.options.catalog.version(name, version) === undefined);
  }

  /** Loads the versions that the policy chooses, or in the place of one that cannot be loaded the next it would choose. */
  private async loadChosen(
    candidates: readonly Candidate[],
    { policy, labels }: ModelEntry,
    { failures }: Look,
    request?: LoadRequest,
  ): Promise<readonly string[]> {
    let usable = candidates.filter((each) => this.isLoaded(each) || this.setbacks.isDue(keyOf(each)));
    for (;;) {
      const versions = usable.map(({ version }) => version);
      const chosen = chosenVersions(versions, policy, Object.values(labels));
      const next = usable.find((each) => chosen.includes(each.version) && !this.isLoaded(each));
      if (next === undefined || this.isClosed) return chosen;
      try {
        await this.load(next, request);
        this.setbacks.clear(keyOf(next));
      } catch (error) {
        failures.set(next.name, error as Error);
        this.report(keyOf(next), next.stored.location, error as Error);
        usable = usable.filter((each) => each !== next);
      }
    }
  }

  private async load({ name, version, stored, manifest }: Candidate, request?: LoadRequest): Promise<void> {
    const { catalog, logger, workers } = this.options;
    // At the start there is nothing to protect, and the estimate may be too high.
    if (this.isStarted && bytesToLoad(manifest, workers) > bytesLeft()) {
      throw new InferenceError('RESOURCE_EXHAUSTED', `there is not enough memory left for model ${name}`);
    }
    const since = performance.now();
    const fetch = () => stored.fetch(manifest);
    const opened = new ServedVersion({ name, manifest, fetch, source: request?.source }, this.options);
    const current = catalog.version(name, version);
    // A version on its way in is told of, but not in the place of one that answers.
    if (current?.state !== 'AVAILABLE') catalog.add(opened);
    await opened.load();
    if (this.isClosed) return opened.retire();
    catalog.add(opened);
    await current?.retire();
    const milliseconds = Math.round(performance.now() - since);
    logger.log('info', 'model loaded', { model: name, version, digest: manifest.digest, milliseconds });
  }

  private label(name: string, { labels }: ModelEntry, { failures }: Look): void {
    const { catalog } = this.options;
    const key = `labels ${name}`;
    const missing = Object.values(labels).find((version) => !catalog.find(name, version));
    if (missing !== undefined) {
      // In the words of TensorFlow Serving.
      const error = new InferenceError(
        'FAILED_PRECONDITION',
        `Request to assign label to version ${missing} of model ${name}, which is not currently available for inference`,
      );
      failures.set(name, error);
      this.report(key, name, error);
      return;
    }
    this.setbacks.clear(key);
    catalog.setLabels(name, labels);
  }

  /** A version that could not be loaded is told of for as long as its package is there. */
  private isTold({ name, version, state }: ServedVersion): boolean {
    return state === 'END' && (this.found.get(name) ?? []).some((each) => each.version === version);
  }

  private async remove(version: ServedVersion): Promise<void> {
    await version.retire();
    this.options.catalog.remove(version);
    this.options.logger.log('info', 'model retired', { model: version.name, version: version.version });
  }

  private isLoaded({ name, version, manifest }: Candidate): boolean {
    const current = this.options.catalog.version(name, version);
    return current?.state === 'AVAILABLE' && current.manifest.digest === manifest.digest;
  }

  private report(key: string, location: string, error: Error): void {
    // What fails at the start is told by whoever starts, if it does not start.
    if (this.setbacks.note(key, error.message) && this.isStarted) this.log(location, error);
  }

  private log(location: string, { message }: Error): void {
    this.options.logger.log('error', 'a package cannot be served; what was there before stays', {
      location,
      error: message,
    });
  }
}

function keyOf({ name, stored, manifest }: Candidate): string {
  return `${name} ${stored.location} ${manifest.digest}`;
}
