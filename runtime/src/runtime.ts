import type { RuntimeConfig } from './config.js';
import { Catalog } from './models/catalog.js';
import type { ModelCatalog } from './models/model-catalog.js';
import { ControlledModels } from './models/model-control.js';
import { everythingAt, type ModelEntry } from './models/model-entry.js';
import { ModelSet } from './models/model-set.js';
import { ModelsFile } from './models-file.js';
import { Logger } from './observability/log.js';
import { RuntimeMetrics } from './observability/metrics.js';
import { openTracer } from './observability/tracing.js';
import { type ProtocolOptions, protocols } from './protocols/index.js';
import { type Admission, admission } from './server/admission.js';
import { App } from './server/app.js';
import { jwtVerifier } from './server/jwt.js';
import { watch } from './watch.js';

/** The models and the app that serves them, independent of the host. */
export interface Runtime {
  readonly app: App;
  readonly catalog: ModelCatalog;
  readonly logger: Logger;
  readonly metrics: RuntimeMetrics;
  /** Returns the metrics in Prometheus's text format. */
  metricsText(): string;
  /**
   * Authentication and rate limits. All servers share them, so that each caller has one quota.
   *
   * @default - every caller is accepted
   */
  readonly admission?: Admission;
  /**
   * Fetches, verifies and loads the models, and runs their samples.
   *
   * @throws ModelPackageError, or Error if a store cannot be read
   */
  load(): Promise<void>;
  /** Rejects new requests, waits for those in flight, and frees the models. */
  close(): Promise<void>;
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
}

/** Creates a runtime without loading any model. */
export function createRuntime(
  config: RuntimeConfig,
  { googleProject, failureFields, ...options }: RuntimeOptions = {},
): Runtime {
  const catalog = new Catalog();
  const metrics = new RuntimeMetrics();
  const logger = new Logger(config.logLevel, undefined, googleProject);
  const admit = admission({ ...config, verifier: config.jwt && jwtVerifier(config.jwt) });
  const models = new ControlledModels(new ModelSet({ ...config, catalog, logger, metrics }));
  if (config.modelControl || config.requestedModels !== undefined) catalog.control = models;
  const queueDepth = () => catalog.all().reduce((sum, each) => sum + each.depth, 0);
  const app = new App({
    catalog,
    protocols: protocols(options),
    metrics,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    corsOrigins: config.corsOrigins,
    admission: admit,
    queueDepth,
    failureFields,
  });
  const file = config.modelsFile === undefined ? undefined : new ModelsFile(config.modelsFile);
  let stopWatching = () => {};
  return {
    app,
    catalog,
    logger,
    metrics,
    admission: admit,
    metricsText: () => metrics.text(queueDepth()),
    async load() {
      app.tracer = await openTracer(process.env, logger);
      const digests = config.modelDigest === undefined ? undefined : [config.modelDigest];
      if (config.requestedModels !== undefined) await models.start([], [{ location: config.requestedModels }]);
      else if (file) await file.follow((entries) => models.start(entries));
      else await models.start(config.models ?? [everythingAt(config.model, digests)]);
      catalog.loaded();
      if (config.pollSeconds === undefined) return;
      const replace = (entries: readonly ModelEntry[]) => models.replace(entries);
      const look = async () => {
        await file?.followLogged(replace, logger);
        await models.refresh();
      };
      stopWatching = watch(look, config.pollSeconds, (error) => logger.failure('a look at the packages failed', error));
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
