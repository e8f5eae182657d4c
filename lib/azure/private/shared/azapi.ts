import { type ITerraformDependable, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { GenericProvider, GenericResource } from '../../../terraform/generic.js';

/** The `azapi` provider of the stack of `scope`, for the resource types that azurerm has not. */
export function azapi(scope: Construct): GenericProvider {
  return stackProvider(scope, { name: 'azapi', source: 'Azure/azapi', versionConstraint: '~> 2.7' });
}

/** The `azuread` provider of the stack of `scope`, for applications and their roles. */
export function azuread(scope: Construct): GenericProvider {
  return stackProvider(scope, { name: 'azuread', source: 'hashicorp/azuread', versionConstraint: '~> 3.0' });
}

/**
 * Waits until Azure's services know the roles that were just assigned: they are told apart from the assignment, and
 * what needs them fails until then.
 */
export function afterRoles(scope: Construct, id: string, roles: ITerraformDependable[]): GenericResource {
  return new GenericResource(scope, id, {
    type: 'time_sleep',
    provider: stackProvider(scope, { name: 'time', source: 'hashicorp/time', versionConstraint: '~> 0.12' }),
    attributes: {
      create_duration: '90s',
      // Roles that were assigned again are waited for again.
      triggers: Object.fromEntries(roles.map(({ fqn }, index) => [`${index}`, `\${${fqn}.id}`])),
    },
    dependsOn: roles,
  });
}

function stackProvider(
  scope: Construct,
  config: { readonly name: string; readonly source: string; readonly versionConstraint: string },
): GenericProvider {
  const stack = TerraformStack.of(scope);
  const made = stack.node.tryFindChild(config.name) as GenericProvider | undefined;
  return made ?? new GenericProvider(stack, config.name, config);
}
