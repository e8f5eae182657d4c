import type { ModelCatalog, ModelControl } from '../../models/model-catalog.js';
import { invalid } from '../../tensor/errors.js';

/**
 * Every version that is in memory or on its way, and of those that are not, the ones that could be loaded by request.
 * The names of the states are Triton's.
 */
export function repositoryIndex(models: ModelCatalog, readyOnly: boolean): object[] {
  const known = models
    .names()
    .flatMap((name) => models.versions(name))
    .filter(({ isReady }) => !readyOnly || isReady)
    .map(({ name, version, state, isReady, failure }) => ({
      name,
      version,
      state: isReady ? 'READY' : state === 'AVAILABLE' || state === 'END' ? 'UNAVAILABLE' : state,
      reason: failure ?? '',
    }));
  if (readyOnly || !models.control) return known;
  const others = models.control.unloaded();
  return [...known, ...others.map((each) => ({ ...each, state: 'UNAVAILABLE', reason: 'unloaded' }))];
}

/** What the caller wants to be otherwise than the package says, by name. */
export type LoadParameters = Readonly<Record<string, unknown>>;

/**
 * Loads a model, or what is new of it, from where the server was told it is.
 *
 * @throws InferenceError
 */
export function loadModel(control: ModelControl, name: string, parameters: LoadParameters): Promise<void> {
  // Triton takes another configuration and the very files by these; here a package is what its digest says.
  const [other] = Object.keys(parameters);
  if (other !== undefined) throw invalid(`parameter ${other.slice(0, 100)}: no parameters are supported`);
  return control.load(name);
}

/**
 * Unloads a model. That others depend on it, as `unload_dependents` supposes, is not known here.
 *
 * @throws InferenceError
 */
export async function unloadModel(control: ModelControl, name: string, parameters: LoadParameters): Promise<void> {
  const other = Object.keys(parameters).find((key) => key !== 'unload_dependents');
  if (other !== undefined) throw invalid(`parameter ${other.slice(0, 100)}: unload_dependents is supported`);
  await control.unload(name);
}

/** The `parameters` of a call that loads or unloads; its body may be empty. */
export function loadParameters(body: Buffer): LoadParameters {
  if (body.length === 0) return {};
  let json: { parameters?: unknown } | null;
  try {
    json = JSON.parse(body.toString());
  } catch {
    throw invalid('the body must be empty or JSON');
  }
  const parameters = json?.parameters ?? {};
  if (typeof parameters !== 'object' || Array.isArray(parameters)) throw invalid('parameters must be an object');
  return parameters as LoadParameters;
}

/** Where KServe's clients put the name, Triton's put the repository: the messages have one name and are not the same. */
export function modelNameOf(request: { readonly repository_name: string; readonly model_name: string }): string {
  const name = request.model_name || request.repository_name;
  if (name === '') throw invalid('the name of a model is needed');
  return name;
}
