import type { RuntimeConfig } from './config.js';
import { Catalog } from './inference/catalog.js';
import { ModelSet } from './inference/model-set.js';
import { Logger } from './observability/log.js';
import { RuntimeMetrics } from './observability/metrics.js';
import { type ModelCatalog, type ProtocolOptions, protocols } from './protocols/index.js';
import { type Admission, admission } from './server/admission.js';
import { App } from './server/app.js';
import { jwtVerifier } from './server/jwt.js';
import { fetchPackage } from './store/fetch-package.js';
import { isUrl } from './store/open-source.js';

/** The models and the app that serves them, without a host around. */
export interface Runtime {
  readonly app: App;
  readonly catalog: ModelCatalog;
  readonly logger: Logger;
  /** What every server lets callers in by, so that a caller has one quota for all. @default everybody is let in */
  readonly admission?: Admission;
  /**
   * Fetches, verifies and loads the models, and runs their samples.
   *
   * @throws ModelPackageError, or Error if a store cannot be read
   */
  load(): Promise<void>;
  /** Takes no new request, lets those in flight finish, and frees the models. */
  close(): Promise<void>;
}

/** Makes a runtime; nothing is loaded yet. */
export function createRuntime(config: RuntimeConfig, options: ProtocolOptions = {}): Runtime {
  const catalog = new Catalog();
  const metrics = new RuntimeMetrics();
  const logger = new Logger(config.logLevel);
  const admit = admission({ ...config, verifier: config.jwt && jwtVerifier(config.jwt) });
  const app = new App({
    catalog,
    protocols: protocols(options),
    metrics,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    admission: admit,
    queueDepth: () => catalog.all().reduce((sum, each) => sum + each.depth, 0),
  });
  let poll: NodeJS.Timeout | undefined;
  return {
    app,
    catalog,
    logger,
    admission: admit,
    async load() {
      const folder = isUrl(config.model) ? await fetchPackage(config.model, config.modelDigest) : config.model;
      const models = new ModelSet(folder, { ...config, catalog, logger, metrics });
      await models.load();
      catalog.loaded();
      if (config.pollSeconds !== undefined) poll = watch(models, config.pollSeconds);
    },
    async close() {
      clearInterval(poll);
      catalog.drain();
      app.drain();
      await Promise.all(catalog.all().map((each) => each.retire()));
    },
  };
}

/** Looks for packages that came or went, one look at a time. */
function watch(models: ModelSet, seconds: number): NodeJS.Timeout {
  let isLooking = false;
  return setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void models.refresh().finally(() => {
      isLooking = false;
    });
  }, seconds * 1000).unref();
}
