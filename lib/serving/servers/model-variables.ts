import { ENVIRONMENT } from '@modelship/runtime/contract';
import { PICKLE_FORMATS } from '@modelship/runtime/manifest';
import { guardVariables } from '../../model/guards.js';
import type { Model } from '../../model/model.js';

/** Returns the variables that make Modelship's runtime serve the model at `location`, a folder or a URL. */
export function modelVariables(model: Model, location: string): { [name: string]: string } {
  return {
    [ENVIRONMENT.model]: location,
    [ENVIRONMENT.modelDigest]: model.digest,
    // A `Model` of a pickle format exists only if the user marked it as trusted.
    ...(PICKLE_FORMATS.includes(model.manifest.format) && { [ENVIRONMENT.trustPickle]: 'true' }),
    ...optionalVariables(model),
  };
}

/** Returns the variables that only some models need: whose signature is verified, and guards. */
export function optionalVariables({ signedBy, guards }: Model): { [name: string]: string } {
  return { ...signedBy?.environment, ...guardVariables(guards) };
}

/** All variables that only some models need. */
export const OPTIONAL_VARIABLES: readonly string[] = [
  ENVIRONMENT.signerKey,
  ENVIRONMENT.signerRoots,
  ENVIRONMENT.inputGuard,
  ENVIRONMENT.outputDecimals,
  ENVIRONMENT.outputTopK,
];

/** Reserved variables: those above, and the one that configures several models instead of one. */
export const MODEL_VARIABLES: readonly string[] = [
  ENVIRONMENT.model,
  ENVIRONMENT.models,
  ENVIRONMENT.modelDigest,
  ENVIRONMENT.trustPickle,
  ...OPTIONAL_VARIABLES,
];
