import type { RuntimeConfig } from './config.js';
import { Catalog } from './models/catalog.js';
import { ControlledModels, type ControlledState, type ModelChange, sharedControl } from './models/model-control.js';
import { everythingAt, type ModelEntry } from './models/model-entry.js';
import { ModelSet } from './models/model-set.js';
import { ModelsFile } from './models-file.js';
import { Logger } from './observability/log.js';
import { type Measurement, processFigures, RuntimeMetrics } from './observability/metrics.js';
import { openTracer } from './observability/tracing.js';
import { type ProtocolOptions, protocols } from './protocols/index.js';
import type { Trial } from './scheduling/probe.js';
import { type Admission, admission, type Quota } from './server/admission.js';
import { App } from './server/app.js';
import { jwtVerifier } from './server/jwt.js';
import { watch } from './watch.js';

/** The models and the app that serves them, independent of the host. */
export interface Runtime {
  readonly app: App;
  readonly catalog: Catalog;
  readonly logger: Logger;
  readonly metrics: RuntimeMetrics;
  /** Returns the metrics of this process. */
  ownFigures(): Measurement;
  /** Returns the metrics of the whole server, which may have several processes. */
  measure(): Promise<Measurement>;
  /**
   * Makes a change to the models in this process.
   *
   * @param copies number of processes that will make it and have not yet
   * @throws InferenceError
   */
  apply(change: ModelChange, copies: number): Promise<void>;
  /** Models as another process can resume them, with the trials that have ended. */
  readonly state: RuntimeState;
  /** Waits until the trials of the models have ended. */
  tried(): Promise<void>;
  /**
   * Authentication and rate limits. All servers share them, so that each caller has one quota.
   *
   * @default - every caller is accepted
   */
  readonly admission?: Admission;
  /**
   * Fetches, verifies and loads the models, and runs their samples.
   *
   * @param state models of another process of the server. @default - the configured models
   * @throws ModelPackageError, or Error if a store cannot be read
   */
  load(state?: RuntimeState): Promise<void>;
  /** Rejects new requests, waits for those in flight, and frees the models. */
  close(): Promise<void>;
}

/** Models that a process serves, as they are sent to a process that starts later. */
export interface RuntimeState extends ControlledState {
  /** Content of the file with the list of models. @default - there is no such file */
  readonly modelsFile?: string;
  /** Trials of the models, by the digests of their packages. */
  readonly trials: readonly (readonly [digest: string, trial: Trial])[];
}

/** Connection of a process to the other processes of its server. */
export interface ProcessGroup {
  /** Whether every other process that takes requests is ready. */
  readonly othersReady: boolean;
  /** Quota of each caller, over all processes. */
  readonly quota: Quota;
  /** Changes the models in every process. @throws InferenceError */
  change(change: ModelChange): Promise<void>;
  /** Returns the sum of the metrics of all processes. */
  measure(): Promise<Measurement>;
}

/** Settings that depend on the host. */
export interface RuntimeOptions extends ProtocolOptions {
  /** Google Cloud project used to link log lines to their traces. @default - log lines are not linked */
  readonly googleProject?: string;
  /**
   * Fields that identify the server in a log line for each response with status 500 or above.
   *
   * @default - no such line
   */
  readonly failureFields?: Readonly<Record<string, string>>;
  /**
   * Whether the host sends one request at a time, and stops the process between requests.
   *
   * @default false
   */
  readonly oneAtATime?: boolean;
  /** Other processes of the server. @default - the server has one process */
  readonly group?: ProcessGroup;
}

/** Creates a runtime without loading any model. */
export function createRuntime(
  config: RuntimeConfig,
  { googleProject, failureFields, oneAtATime, group, ...options }: RuntimeOptions = {},
): Runtime {
  const catalog = new Catalog();
  const metrics = new RuntimeMetrics();
  const logger = new Logger(config.logLevel, undefined, googleProject);
  const verifier = config.jwt && jwtVerifier(config.jwt);
  const admit = admission({ ...config, verifier, quota: group?.quota });
  const trials = new Map<string, Trial>();
  const models = new ControlledModels(new ModelSet({ ...config, catalog, logger, metrics, trials, oneAtATime }));
  if (config.modelControl || config.requestedModels !== undefined) {
    catalog.control = group ? sharedControl((change) => group.change(change), models) : models;
  }
  const ownFigures = () => {
    const queueDepth = catalog.all().reduce((sum, each) => sum + each.depth, 0);
    return { metrics, figures: processFigures(queueDepth) };
  };
  const measure = group ? () => group.measure() : async () => ownFigures();
  if (group) {
    catalog.measured = async () => (await group.measure()).metrics.models;
    catalog.othersReady = () => group.othersReady;
  }
  const app = new App({
    catalog,
    protocols: protocols(options),
    metrics,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    corsOrigins: config.corsOrigins,
    admission: admit,
    measure,
    failureFields,
  });
  const file = config.modelsFile === undefined ? undefined : new ModelsFile(config.modelsFile);
  const replace = (entries: readonly ModelEntry[]) => models.replace(entries);
  const refresh = async () => {
    await file?.followLogged(replace, logger);
    await models.refresh();
  };
  let stopWatching = () => {};
  return {
    app,
    catalog,
    logger,
    metrics,
    admission: admit,
    ownFigures,
    measure,
    apply(change, copies) {
      models.copies = copies;
      return change.kind === 'refresh' ? refresh() : models.apply(change);
    },
    get state() {
      const tried = catalog.all().flatMap(({ manifest, trial }) => (trial ? [[manifest.digest, trial] as const] : []));
      return { ...models.state, modelsFile: file?.applied, trials: tried };
    },
    async tried() {
      await Promise.all(catalog.all().map((each) => each.tried));
    },
    async load(state) {
      app.tracer = await openTracer(process.env, logger);
      const digests = config.modelDigest === undefined ? undefined : [config.modelDigest];
      if (state) {
        if (file) file.applied = state.modelsFile;
        // A trial in this process would compete with the requests that the others serve.
        for (const [digest, trial] of state.trials) trials.set(digest, trial);
        await models.resume(state);
      } else if (config.requestedModels !== undefined) await models.start([], [{ location: config.requestedModels }]);
      else if (file) await file.follow((entries) => models.start(entries));
      else await models.start(config.models ?? [everythingAt(config.model, digests)]);
      catalog.loaded();
      // With several processes, one of them watches for all.
      if (config.pollSeconds === undefined || group) return;
      const onError = (error: unknown) => logger.failure('the check for new packages failed', error);
      stopWatching = watch(refresh, config.pollSeconds, onError);
    },
    async close() {
      stopWatching();
      models.close();
      catalog.drain();
      app.drain();
      await Promise.all(catalog.all().map((each) => each.retire()));
      await app.tracer?.close();
    },
  };
}
