import type { HttpResponse } from '../../http/http.js';
import { loadedModels, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { failure, notFound, prettyJson } from './failure.js';
import { versionNumber } from './predict.js';

/** Settings of the server that descriptions of models have. */
export interface ManagedSettings {
  readonly workers?: number;
  readonly batchWindowMs?: number;
  readonly timeoutSeconds: number;
}

/** Number of models in a list without `limit`, as in TorchServe. */
const DEFAULT_LIMIT = 100;

/** Version that stands for all of them. */
const ALL_VERSIONS = 'all';

/**
 * Responds to a request to TorchServe's management API: `GET /models` lists the models, and `GET /models/M`, `/models/M/V` and
 * `/models/M/all` describe versions. Changes are refused as by a TorchServe without `--enable-model-api`.
 */
export function managementResponse(
  models: ModelCatalog,
  settings: ManagedSettings,
  method = 'GET',
  target = '/',
): HttpResponse {
  // `URL` throws for some targets.
  const [path = '', query] = target.split('?', 2);
  const [root, name, version, ...others] = path
    .split('/')
    .slice(1)
    .filter((part, index) => part !== '' || index === 0);
  if (root !== '' && (root !== 'models' || others.length > 0)) return noResource();
  if (root === '' || method !== 'GET') return notAllowed();
  if (name === undefined) return prettyJson(listed(models, new URLSearchParams(query)));
  const model = decoded(name);
  const versions = versionsOf(models, model, version);
  if (versions.length === 0) return notFound(models, model, version);
  return prettyJson(versions.map((each) => described(each, settings)));
}

function versionsOf(models: ModelCatalog, name: string, version: string | undefined): readonly ServedModel[] {
  if (version === ALL_VERSIONS) return models.versions(name).filter(({ isReady }) => isReady);
  const found = models.find(name, versionNumber(version));
  return found ? [found] : [];
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function listed(models: ModelCatalog, search: URLSearchParams): object {
  const all = loadedModels(models).sort((one, other) => (one.name < other.name ? -1 : 1));
  const start = wholeNumber(search.get('next_page_token'), 0);
  const page = all.slice(start, start + wholeNumber(search.get('limit'), DEFAULT_LIMIT));
  const next = start + page.length;
  return {
    ...(next < all.length && { nextPageToken: String(next) }),
    models: page.map((model) => ({ modelName: model.name, modelUrl: model.source ?? '' })),
  };
}

function wholeNumber(text: string | null, byDefault: number): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : byDefault;
}

function described(model: ServedModel, { workers = 1, batchWindowMs = 0, timeoutSeconds }: ManagedSettings): object {
  return {
    modelName: model.name,
    modelVersion: `${model.version}.0`,
    modelUrl: model.source ?? '',
    runtime: 'python',
    minWorkers: workers,
    maxWorkers: workers,
    batchSize: model.manifest.handler?.maxRequests ?? 1,
    maxBatchDelay: batchWindowMs,
    responseTimeout: timeoutSeconds,
    loadedAtStartup: true,
    workers: [{ status: model.isReady ? 'READY' : 'UNLOADING' }],
  };
}

function notAllowed(): HttpResponse {
  return failure(405, 'Requested method is not allowed, please refer to API document.', 'MethodNotAllowedException');
}

function noResource(): HttpResponse {
  return failure(404, 'Requested resource is not found, please refer to API document.', 'ResourceNotFoundException');
}
