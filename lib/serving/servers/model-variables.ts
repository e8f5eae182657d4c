import { ENVIRONMENT } from '@modelship/runtime/contract';
import { PICKLE_FORMATS } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';

/** The variables of Modelship's runtime that say which model it serves, from `location`: a folder or a URL. */
export function modelVariables(model: Model, location: string): { [name: string]: string } {
  return {
    [ENVIRONMENT.model]: location,
    [ENVIRONMENT.modelDigest]: model.digest,
    // There is no `Model` of such a format unless somebody said that it is trusted.
    ...(PICKLE_FORMATS.includes(model.manifest.format) && { [ENVIRONMENT.trustPickle]: 'true' }),
  };
}

/** What no prop may set beside the model: the variables above, and the one that names other models in its place. */
export const MODEL_VARIABLES: readonly string[] = [
  ENVIRONMENT.model,
  ENVIRONMENT.models,
  ENVIRONMENT.modelDigest,
  ENVIRONMENT.trustPickle,
];
