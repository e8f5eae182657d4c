import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { GenericResource, stackProvider } from './generic.js';

/**
 * Waits until the services of a cloud enforce roles that were just granted. They learn of them later than the API that
 * grants them, and what needs a role fails until then.
 */
export function afterRoles(scope: Construct, id: string, roles: ITerraformDependable[]): GenericResource {
  return new GenericResource(scope, id, {
    type: 'time_sleep',
    provider: stackProvider(scope, { name: 'time', source: 'hashicorp/time', versionConstraint: '~> 0.12' }),
    attributes: {
      create_duration: '90s',
      // Roles that were granted again are waited for again.
      triggers: Object.fromEntries(roles.map(({ fqn }, index) => [`${index}`, `\${${fqn}.id}`])),
    },
    dependsOn: roles,
  });
}
