import type { ProviderRequirement } from '../../terraform/requirements.js';

/** Supported versions of the provider `kubernetes`. The same templates are valid in all of them. */
export const KUBERNETES_PROVIDER: ProviderRequirement = {
  name: 'kubernetes',
  source: 'hashicorp/kubernetes',
  version: '>= 2.38.0, < 4.0.0',
  majors: [2, 3],
};
