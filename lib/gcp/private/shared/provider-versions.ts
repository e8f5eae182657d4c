import type { ProviderRequirement } from '../../../terraform/requirements.js';

/** Supported versions of `google`. The same templates are valid for the schemas of 6.50.0 and 7.45.0. */
export const GOOGLE_PROVIDER: ProviderRequirement = {
  name: 'google',
  source: 'hashicorp/google',
  version: '>= 6.50.0, < 8.0.0',
  majors: [6, 7],
};
