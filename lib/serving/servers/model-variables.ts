import { ENVIRONMENT } from '@modelship/runtime/contract';
import { PICKLE_FORMATS } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';

/** Returns the variables that make Modelship's runtime serve the model at `location`, a folder or a URL. */
export function modelVariables(model: Model, location: string): { [name: string]: string } {
  return {
    [ENVIRONMENT.model]: location,
    [ENVIRONMENT.modelDigest]: model.digest,
    // A `Model` of a pickle format exists only if the user marked it as trusted.
    ...(PICKLE_FORMATS.includes(model.manifest.format) && { [ENVIRONMENT.trustPickle]: 'true' }),
    ...model.signedBy?.environment,
  };
}

/** Variables of signers. A signed model has one of them. */
export const SIGNER_VARIABLES: readonly string[] = [ENVIRONMENT.signerKey, ENVIRONMENT.signerRoots];

/** Reserved variables: those above, and the one that configures several models instead of one. */
export const MODEL_VARIABLES: readonly string[] = [
  ENVIRONMENT.model,
  ENVIRONMENT.models,
  ENVIRONMENT.modelDigest,
  ENVIRONMENT.trustPickle,
  ...SIGNER_VARIABLES,
];
