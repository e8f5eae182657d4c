import type { ProviderVersions } from '../../../terraform/requirements.js';

/** Supported provider versions. Templates were validated against the schemas of google 6.50.0 and 7.45.0. */
export const PROVIDER_VERSIONS: ProviderVersions = {
  google: { source: 'hashicorp/google', version: '>= 6.50.0, < 8.0.0' },
};
