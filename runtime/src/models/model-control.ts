import { InferenceError, invalid } from '../tensor/errors.js';
import { allowedLocation } from './locations.js';
import type { ModelControl } from './model-catalog.js';
import { MODEL_NAME, MODEL_NAME_RULE, type ModelEntry, type ModelRoot } from './model-entry.js';
import type { ModelSet } from './model-set.js';
import type { ModelVersion } from './served-model.js';

/** Change to the models of a server, as it is sent between its processes. */
export type ModelChange =
  | { readonly kind: 'load'; readonly name: string; readonly location?: string }
  | { readonly kind: 'unload'; readonly name: string }
  | { readonly kind: 'configure'; readonly entries: readonly ModelEntry[] }
  /** Loads added packages and retires removed ones. */
  | { readonly kind: 'refresh' };

/** Models that callers changed, as they are sent to a process that starts later. */
export interface ControlledState {
  /** Locations from which callers may load. */
  readonly roots: readonly ModelRoot[];
  readonly entries: readonly ModelEntry[];
  /** Names of models that callers unloaded. */
  readonly unloadedNames: readonly string[];
  /** Models that callers loaded from a location, with the location. */
  readonly requested: readonly (readonly [name: string, location: string])[];
}

/** Interface for callers that makes each change in every process of the server. */
export function sharedControl(
  change: (change: ModelChange) => Promise<void>,
  own: Pick<ModelControl, 'unloaded'>,
): ModelControl {
  return {
    load: (name, location) => change({ kind: 'load', name, location }),
    unload: (name) => change({ kind: 'unload', name }),
    configure: (entries) => change({ kind: 'configure', entries }),
    unloaded: () => own.unloaded(),
  };
}

/**
 * Applies changes to a set of models: the operator's configuration, added and removed packages, and requests of
 * callers. Only one change runs at a time.
 */
export class ControlledModels implements ModelControl {
  /** Locations from which callers may load, as the operator configured them. Requests of callers never change them. */
  private roots: readonly ModelRoot[] = [];
  /** Locations of the models that a caller loaded from a location, by name. */
  private readonly requested = new Map<string, string>();
  private change: Promise<unknown> = Promise.resolve();

  constructor(private readonly set: ModelSet) {}

  /**
   * Loads the models that the operator configured.
   *
   * @param roots locations from which callers may load.
   * @default - the locations of the entries
   * @throws Error if the models cannot be served
   */
  start(entries: readonly ModelEntry[], roots: readonly ModelRoot[] = entries): Promise<void> {
    this.roots = roots;
    return this.exclusive(() => this.set.start(entries));
  }

  /**
   * Loads the models that another process serves.
   *
   * @throws Error if the models cannot be served
   */
  resume({ roots, entries, unloadedNames, requested }: ControlledState): Promise<void> {
    this.roots = roots;
    return this.exclusive(async () => {
      for (const name of unloadedNames) this.set.unloadedNames.add(name);
      await this.set.start(entries);
      for (const [name, location] of requested) await this.loadFrom(name, location);
    });
  }

  /** Models as another process can resume them. */
  get state(): ControlledState {
    const { entries, unloadedNames } = this.set;
    return {
      roots: this.roots,
      entries: entries.filter(({ name }) => name === undefined || !this.requested.has(name)),
      unloadedNames: [...unloadedNames],
      requested: [...this.requested],
    };
  }

  /** Sets the number of processes that are about to load the same models. Together they share the free memory. */
  set copies(copies: number) {
    this.set.copies = copies;
  }

  /** Makes a change in this process. @throws InferenceError */
  async apply(change: Exclude<ModelChange, { kind: 'refresh' }>): Promise<void> {
    switch (change.kind) {
      case 'load':
        return this.load(change.name, change.location);
      case 'unload':
        return this.unload(change.name);
      case 'configure':
        return this.configure(change.entries);
    }
  }

  /** Loads added packages and retires removed ones. */
  refresh(): Promise<void> {
    return this.exclusive(() => this.set.refresh());
  }

  /** Replaces all entries, including those that callers added, with the operator's new entries. */
  async replace(entries: readonly ModelEntry[]): Promise<void> {
    await this.exclusive(async () => {
      this.roots = entries;
      this.requested.clear();
      this.set.unloadedNames.clear();
      this.set.retryBackoff.clear();
      this.set.entries = entries;
      await this.set.refresh();
    });
  }

  async load(name: string, location?: string): Promise<void> {
    checkName(name);
    await this.exclusive(() => (location === undefined ? this.loadKnown(name) : this.loadFrom(name, location)));
  }

  async unload(name: string): Promise<void> {
    await this.exclusive(async () => {
      const { set } = this;
      if (!set.isServed(name)) throw new InferenceError('NOT_FOUND', `model ${name} is not loaded`);
      if (this.requested.delete(name)) set.entries = set.entries.filter((entry) => entry.name !== name);
      else set.unloadedNames.add(name);
      await set.forget(name);
    });
  }

  async configure(entries: readonly ModelEntry[]): Promise<void> {
    const names = entries.map(({ name = '' }) => name);
    for (const name of names) checkName(name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(`model ${twice} is configured twice`);
    const allowed = entries.map((entry) => ({ ...entry, ...allowedLocation(entry.location, this.roots) }));
    await this.exclusive(() => this.serve(allowed));
  }

  unloaded(): readonly ModelVersion[] {
    return this.set.unloaded();
  }

  /** Stops loading models. */
  close(): void {
    this.set.close();
  }

  private async loadKnown(name: string): Promise<void> {
    const { set } = this;
    const entries = set.entries.filter((entry) => entry.name === undefined || entry.name === name);
    set.retryBackoff.clear();
    set.unloadedNames.delete(name);
    const scan = await set.scan(entries, { name });
    const failure = scan.failures.get(name);
    if (failure) throw controlError(failure);
    if (!set.isServed(name)) throw new InferenceError('NOT_FOUND', `there is no package of model ${name}`);
    await set.retire(scan);
  }

  private async loadFrom(name: string, location: string): Promise<void> {
    const { set } = this;
    if (set.isServed(name) || set.entries.some((entry) => entry.name === name)) {
      throw new InferenceError('ALREADY_EXISTS', `model ${name} is loaded`);
    }
    const entry: ModelEntry = {
      name,
      ...allowedLocation(location, this.roots),
      policy: { kind: 'all' },
      labels: {},
    };
    set.retryBackoff.clear();
    const { failures } = await set.scan([entry], { name, source: location });
    const failure = failures.get(name);
    if (failure) {
      await set.forget(name);
      throw controlError(failure);
    }
    this.requested.set(name, location);
    set.entries = [...set.entries, entry];
  }

  private async serve(entries: readonly ModelEntry[]): Promise<void> {
    const { set } = this;
    const before = set.entries;
    const unloadedNames = [...set.unloadedNames];
    const added = entries.flatMap(({ name }) => (name !== undefined && !set.isServed(name) ? [name] : []));
    set.entries = entries;
    set.retryBackoff.clear();
    set.unloadedNames.clear();
    const scan = await set.scan(entries);
    const failure = set.failureOf(scan);
    if (failure) {
      set.entries = before;
      for (const name of unloadedNames) set.unloadedNames.add(name);
      for (const name of added) await set.forget(name);
      await set.refresh();
      throw controlError(failure);
    }
    this.requested.clear();
    await set.retire(scan);
  }

  private exclusive<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.change.then(change);
    this.change = turn.catch(() => {});
    return turn;
  }
}

function checkName(name: string): void {
  if (!MODEL_NAME.test(name)) throw invalid(`the name of a model holds ${MODEL_NAME_RULE}`);
}

/**
 * Converts a failure to an error for callers. They may change the served models, so the error contains the full
 * message.
 */
function controlError(failure: Error): InferenceError {
  return failure instanceof InferenceError ? failure : invalid(failure.message);
}
