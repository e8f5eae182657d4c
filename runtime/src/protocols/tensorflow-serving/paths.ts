import { loadingError, type ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { InferenceError, invalid } from '../../tensor/errors.js';

const SPEC = '([^/:]+)(?:/versions/(\\d+)|/labels/([^/:]+))?';
const CALL = new RegExp(`^/v1/models/${SPEC}:(classify|regress|predict)$`, 'i');
const STATUS = new RegExp(`^/v1/models(?:/${SPEC})?(?:/(metadata))?$`, 'i');

const MAX_VERSION = 2n ** 63n - 1n;

/** Model and version of a call. Without `version` and `label` it means the newest version. */
export interface ModelSpec {
  readonly name: string;
  readonly version?: string;
  readonly label?: string;
}

/** Path of a call to a model. */
export interface Call extends ModelSpec {
  readonly method: 'classify' | 'regress' | 'predict';
}

let lastPath = '';
let lastCall: Call | undefined;

/** Parses the path of a call. @returns undefined for any other path */
export function parseCall(path: string): Call | undefined {
  // Clients usually call the same model repeatedly, so the last result is cached.
  if (path === lastPath) return lastCall;
  const match = CALL.exec(path);
  lastCall = match ? { ...modelSpec(match), method: match[4]!.toLowerCase() as Call['method'] } : undefined;
  lastPath = path;
  return lastCall;
}

/** Path of a status or metadata request. */
export interface StatusRequest extends ModelSpec {
  readonly metadata: boolean;
}

/** Parses the path of a status or metadata request. @returns undefined for any other path */
export function parseStatusPath(path: string): StatusRequest | undefined {
  const match = STATUS.exec(path);
  if (!match) return undefined;
  if (match[1] === undefined) throw invalid('Missing model name in request.');
  return { ...modelSpec(match), metadata: match[4] !== undefined };
}

/**
 * Returns the model that `spec` refers to.
 *
 * @throws InferenceError `NOT_FOUND`, `UNAVAILABLE` while the model loads, or `INVALID_ARGUMENT` for an unknown label
 */
export function findModel(models: ModelCatalog, spec: ModelSpec): ServedModel {
  const version = spec.label === undefined ? spec.version : versionOfLabel(models, spec.name, spec.label);
  const model = models.find(spec.name, version);
  if (model) return model;
  const request = version === undefined ? `Latest(${spec.name})` : `Specific(${spec.name}, ${version})`;
  throw (
    loadingError(models, spec.name, version) ??
    new InferenceError('NOT_FOUND', `Servable not found for request: ${request}`)
  );
}

/** Returns the version of a label. @throws InferenceError `INVALID_ARGUMENT` for an unknown label */
export function versionOfLabel(models: ModelCatalog, name: string, label: string): string {
  const labels = models.labels(name);
  if (!Object.hasOwn(labels, label)) throw invalid(`Unrecognized servable version label: ${label}`);
  return labels[label]!;
}

function modelSpec(match: RegExpExecArray): ModelSpec {
  const [, name, version, label] = match;
  return {
    name: decode(name!, 'Failed to decode model name:'),
    version: version === undefined ? undefined : parseVersion(version),
    label: label === undefined ? undefined : decode(label, 'Failed to decode model version label:'),
  };
}

function parseVersion(text: string): string {
  // Converting very long digit strings would waste time, so more than 400 digits count as out of range.
  const version = text.length > 400 ? MAX_VERSION + 1n : BigInt(text);
  if (version > MAX_VERSION) throw invalid(`Failed to convert version: ${text} to numeric.`);
  return version.toString();
}

function decode(text: string, failure: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(failure + text);
  }
}
