import { ENVIRONMENT } from '@modelship/runtime/contract';
import { trustFor } from '@modelship/runtime/manifest';
import { captureVariables } from '../../model/capture.js';
import { guardVariables } from '../../model/guards.js';
import type { Model } from '../../model/model.js';

/** Returns the variables that make Modelship's runtime serve the model at `location`, a folder or a URL. */
export function modelVariables(model: Model, location: string): { [name: string]: string } {
  const trust = trustFor(model.manifest.format);
  return {
    [ENVIRONMENT.model]: location,
    [ENVIRONMENT.modelDigest]: model.digest,
    // A `Model` of a format that needs trust exists only if the user declared it.
    ...(trust && { [ENVIRONMENT[trust]]: 'true' }),
    ...optionalVariables(model),
  };
}

/** Returns the variables that only some models need: whose signature is verified, guards, and what is captured. */
export function optionalVariables({ signedBy, guards, capture }: Model): { [name: string]: string } {
  return { ...signedBy?.environment, ...guardVariables(guards), ...captureVariables(capture) };
}

/** All variables that only some models need. */
export const OPTIONAL_VARIABLES: readonly string[] = [
  ENVIRONMENT.signerKey,
  ENVIRONMENT.signerRoots,
  ENVIRONMENT.inputGuard,
  ENVIRONMENT.outputDecimals,
  ENVIRONMENT.outputTopK,
  ENVIRONMENT.captureUrl,
  ENVIRONMENT.capturePercent,
  ENVIRONMENT.captureRedact,
];

/** Reserved variables: those above, and the one that configures several models instead of one. */
export const MODEL_VARIABLES: readonly string[] = [
  ENVIRONMENT.model,
  ENVIRONMENT.models,
  ENVIRONMENT.modelDigest,
  ENVIRONMENT.trustPickle,
  ENVIRONMENT.trustCode,
  ...OPTIONAL_VARIABLES,
];
