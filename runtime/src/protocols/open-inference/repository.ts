import type { ModelCatalog, ModelControl } from '../../models/model-catalog.js';
import { invalid } from '../../tensor/errors.js';

/**
 * Lists every version that is in memory or loading, and the versions that can be loaded on request. States have
 * Triton's names.
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

/** Load parameters by name, which would override the settings of the package. */
export type LoadParameters = Readonly<Record<string, unknown>>;

/** Loads a model, or its new versions, from its configured location. @throws InferenceError */
export function loadModel(control: ModelControl, name: string, parameters: LoadParameters): Promise<void> {
  // Triton accepts another configuration or even files here. This server rejects them, because the digest defines what
  // a package contains.
  const [other] = Object.keys(parameters);
  if (other !== undefined) throw invalid(`parameter ${other.slice(0, 100)}: no parameters are supported`);
  return control.load(name);
}

/**
 * Unloads a model. `unload_dependents` has no effect, because models do not depend on each other here.
 *
 * @throws InferenceError
 */
export async function unloadModel(control: ModelControl, name: string, parameters: LoadParameters): Promise<void> {
  const other = Object.keys(parameters).find((key) => key !== 'unload_dependents');
  if (other !== undefined) throw invalid(`parameter ${other.slice(0, 100)}: unload_dependents is supported`);
  await control.unload(name);
}

/** Reads the `parameters` of a load or unload call, whose body may be empty. */
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

/**
 * Returns the model name of a request. KServe's clients send the name in the field that Triton's clients use for the
 * repository, because the two messages share a name but differ.
 */
export function modelNameOf(request: { readonly repository_name: string; readonly model_name: string }): string {
  const name = request.model_name || request.repository_name;
  if (name === '') throw invalid('the name of the model is missing');
  return name;
}
