import type { Logger } from '../observability/log.js';
import { SIGNATURE_FILE } from '../signature/names.js';
import { withoutQuery } from '../store/open-store.js';
import { InferenceError } from '../tensor/errors.js';
import { type Candidate, findCandidates } from './candidates.js';
import type { Catalog } from './catalog.js';
import { bytesLeft, bytesToLoad } from './memory.js';
import type { ModelEntry } from './model-entry.js';
import { RetryBackoff } from './retry-backoff.js';
import type { ModelVersion } from './served-model.js';
import { ServedVersion, type VersionOptions } from './served-version.js';
import { chosenVersions } from './version-policy.js';

/** Dependencies and settings of a `ModelSet`. */
export interface ModelSetOptions extends VersionOptions {
  readonly catalog: Catalog;
  readonly logger: Logger;
}

/** Result of one scan of the packages. */
export interface ScanResult {
  /** Errors by model name, or by location if the package's name is unknown. */
  readonly failures: Map<string, Error>;
  /** Versions that should be served, by model name. */
  readonly chosen: Map<string, readonly string[]>;
}

/** Request of a caller to load a model. */
export interface LoadRequest {
  readonly name: string;
  /** Location that the caller named. */
  readonly source?: string;
}

/**
 * The models of a server, which can change at run time. The set loads added packages while the versions they replace
 * keep serving. A package that cannot be loaded replaces nothing. Callers must make changes one at a time.
 */
export class ModelSet {
  entries: readonly ModelEntry[] = [];
  /** Names of models that callers unloaded. They are not served although their packages exist. */
  readonly unloadedNames = new Set<string>();
  readonly retryBackoff = new RetryBackoff();
  /** Number of processes that load each model, and share the memory that is left. */
  copies = 1;
  private readonly found = new Map<string, readonly Candidate[]>();
  private isStarted = false;
  private isClosed = false;

  constructor(private readonly options: ModelSetOptions) {}

  /**
   * Loads the initial models.
   *
   * @throws Error if a store cannot be read or a manifest is invalid
   * @throws Error if a model has no version that can be loaded, or a label refers to a version that is not served
   */
  async start(entries: readonly ModelEntry[]): Promise<void> {
    this.entries = entries;
    const scan = await this.scan(entries);
    const failure = this.failureOf(scan);
    if (failure) {
      for (const name of this.options.catalog.names()) await this.forget(name);
      throw failure;
    }
    for (const [location, error] of scan.failures) this.log(location, error);
    this.isStarted = true;
  }

  /** Loads added packages and retires removed ones. Each failure is logged once. */
  async refresh(): Promise<void> {
    this.found.clear();
    await this.retire(await this.scan(this.entries));
  }

  /** Stops loading models. */
  close(): void {
    this.isClosed = true;
  }

  /** Scans the packages of `entries` and loads the versions that should be served. Retires nothing. */
  async scan(entries: readonly ModelEntry[], request?: LoadRequest): Promise<ScanResult> {
    const result: ScanResult = { failures: new Map(), chosen: new Map() };
    for (const entry of entries) {
      const { models, failures, readable } = await findCandidates(entry);
      for (const location of readable) this.retryBackoff.clear(location);
      for (const [location, error] of failures) {
        result.failures.set(entry.name ?? location, error);
        this.report(location, location, error);
      }
      for (const [name, candidates] of models) {
        this.found.set(name, candidates);
        if (request ? request.name !== name : this.unloadedNames.has(name)) continue;
        result.chosen.set(name, await this.loadChosen(candidates, entry, result, request));
        this.label(name, entry, result);
      }
    }
    return result;
  }

  /**
   * Returns the error that keeps the models of the entries from being served. Returns undefined if each has a version
   * and its labels.
   */
  failureOf({ failures }: ScanResult): Error | undefined {
    for (const [key, error] of failures) {
      if (error instanceof InferenceError || !this.isServed(key)) return error;
    }
    for (const { name, location } of this.entries) {
      if (name === undefined || this.isServed(name) || this.unloadedNames.has(name)) continue;
      return new Error(`model ${name}: ${withoutQuery(location)} has none of the requested versions`);
    }
    return undefined;
  }

  /**
   * Retires versions that should no longer be served, once another version has replaced them. The last version of a
   * model keeps serving after its package was removed, because an empty folder is more likely a mistake. It is retired
   * if its entry was removed too.
   */
  async retire({ chosen }: ScanResult): Promise<void> {
    const { catalog } = this.options;
    for (const version of catalog.all()) {
      const { name } = version;
      const isNamed = this.entries.some((entry) => entry.name === undefined || entry.name === name);
      const wanted = chosen.get(name) ?? [];
      const isReplaced = wanted.some((each) => catalog.find(name, each));
      if (isNamed && (!isReplaced || wanted.includes(version.version) || this.isFailureListed(version))) continue;
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

  /** Returns the versions that were found but are not in memory. */
  unloaded(): readonly ModelVersion[] {
    const versions = [...this.found.values()].flat().map(({ name, version }) => ({ name, version }));
    return versions.filter(({ name, version }) => this.options.catalog.version(name, version) === undefined);
  }

  /**
   * Loads the versions that the policy selects. If one cannot be loaded, loads the next that the policy would select.
   */
  private async loadChosen(
    candidates: readonly Candidate[],
    { policy, labels }: ModelEntry,
    { failures }: ScanResult,
    request?: LoadRequest,
  ): Promise<readonly string[]> {
    let usable = candidates.filter((each) => this.isLoaded(each) || this.retryBackoff.isDue(keyOf(each)));
    for (;;) {
      const versions = usable.map(({ version }) => version);
      const chosen = chosenVersions(versions, policy, Object.values(labels));
      const next = usable.find((each) => chosen.includes(each.version) && !this.isLoaded(each));
      if (next === undefined || this.isClosed) return chosen;
      try {
        await this.load(next, request);
        this.retryBackoff.clear(keyOf(next));
      } catch (error) {
        failures.set(next.name, error as Error);
        this.report(keyOf(next), next.stored.location, error as Error);
        usable = usable.filter((each) => each !== next);
      }
    }
  }

  private async load({ name, version, stored, manifest }: Candidate, request?: LoadRequest): Promise<void> {
    const { catalog, logger, workers } = this.options;
    // At startup no served model needs protection, and the estimate may be too high.
    if (this.isStarted && this.copies * bytesToLoad(manifest, workers) > bytesLeft()) {
      throw new InferenceError('RESOURCE_EXHAUSTED', `there is not enough memory to load model ${name}`);
    }
    const since = performance.now();
    const fetch = () => stored.fetch(manifest, this.options.signedBy && [SIGNATURE_FILE]);
    const opened = new ServedVersion({ name, manifest, fetch, source: request?.source }, this.options);
    const current = catalog.version(name, version);
    // The catalog lists a loading version, but not instead of one that serves requests.
    if (current?.state !== 'AVAILABLE') catalog.add(opened);
    await opened.load();
    if (this.isClosed) return opened.retire();
    catalog.add(opened);
    await current?.retire();
    const milliseconds = Math.round(performance.now() - since);
    logger.log('info', 'model loaded', { model: name, version, digest: manifest.digest, milliseconds });
  }

  private label(name: string, { labels }: ModelEntry, { failures }: ScanResult): void {
    const { catalog } = this.options;
    const key = `labels ${name}`;
    const missing = Object.values(labels).find((version) => !catalog.find(name, version));
    if (missing !== undefined) {
      // This is the text of TensorFlow Serving.
      const error = new InferenceError(
        'FAILED_PRECONDITION',
        `Request to assign label to version ${missing} of model ${name}, which is not currently available for inference`,
      );
      failures.set(name, error);
      this.report(key, name, error);
      return;
    }
    this.retryBackoff.clear(key);
    catalog.setLabels(name, labels);
  }

  /**
   * Returns whether a version failed to load and its package still exists. The catalog keeps listing such a version.
   */
  private isFailureListed({ name, version, state }: ServedVersion): boolean {
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
    // The method `start` throws or logs the failures of the initial load.
    if (this.retryBackoff.note(key, error.message) && this.isStarted) this.log(location, error);
  }

  private log(location: string, { message }: Error): void {
    this.options.logger.log('error', 'a package cannot be loaded; the previous versions keep serving', {
      location,
      error: message,
    });
  }
}

function keyOf({ name, stored, manifest }: Candidate): string {
  return `${name} ${stored.location} ${manifest.digest}`;
}
