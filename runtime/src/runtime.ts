import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeConfig } from './config.js';
import { Catalog } from './inference/catalog.js';
import { ServedVersion } from './inference/served-version.js';
import { MANIFEST_FILE, ModelPackageError, readManifest } from './manifest/index.js';
import { Logger } from './observability/log.js';
import { RuntimeMetrics } from './observability/metrics.js';
import { type ModelCatalog, type ProtocolOptions, protocols } from './protocols/index.js';
import { App } from './server/app.js';
import { jwtVerifier } from './server/jwt.js';
import { checkDigest } from './store/check-digest.js';
import { fetchPackage } from './store/fetch-package.js';
import { isUrl } from './store/open-source.js';

/** The models and the app that serves them, without a host around. */
export interface Runtime {
  readonly app: App;
  readonly catalog: ModelCatalog;
  readonly logger: Logger;
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
  const app = new App({
    catalog,
    protocols: protocols(options),
    metrics,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    verifier: config.jwt && jwtVerifier(config.jwt),
    queueDepth: () => catalog.all().reduce((sum, each) => sum + each.depth, 0),
  });
  return {
    app,
    catalog,
    logger,
    async load() {
      for (const directory of await packageFolders(config)) {
        const manifest = readManifest(directory);
        checkDigest(manifest, config.modelDigest);
        const since = performance.now();
        const version = new ServedVersion(directory, manifest, { ...config, metrics });
        catalog.add(version);
        await version.load();
        const { name, version: number, digest } = manifest;
        const milliseconds = Math.round(performance.now() - since);
        logger.log('info', 'model loaded', { model: name, version: number, digest, milliseconds });
      }
      catalog.loaded();
    },
    async close() {
      catalog.drain();
      app.drain();
      await Promise.all(catalog.all().map((each) => each.retire()));
    },
  };
}

/** The folders of the packages to serve: the one that is configured, or those directly inside it. */
async function packageFolders({ model, modelDigest }: RuntimeConfig): Promise<string[]> {
  if (isUrl(model)) return [await fetchPackage(model, modelDigest)];
  if (existsSync(join(model, MANIFEST_FILE))) return [model];
  const inside = subfolders(model).filter((folder) => existsSync(join(folder, MANIFEST_FILE)));
  if (inside.length > 0) return inside;
  throw new ModelPackageError(
    'MANIFEST_MISSING',
    `no model package at ${model}: it holds no ${MANIFEST_FILE}, nor does a folder in it. ` +
      'Make a package with `modelship pack FILE --name NAME`, and give the folder it wrote.',
  );
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();
}
