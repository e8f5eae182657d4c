import type { TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { stackProvider } from '../../../terraform/generic.js';

/** Returns the `azapi` provider of `scope`, for resource types that azurerm does not support. */
export function azapi(scope: Construct): TerraformProvider {
  return stackProvider(scope, { name: 'azapi', source: 'Azure/azapi', versionConstraint: '~> 2.7' });
}

/** Returns the `azuread` provider of `scope`, for applications and their roles. */
export function azuread(scope: Construct): TerraformProvider {
  return stackProvider(scope, { name: 'azuread', source: 'hashicorp/azuread', versionConstraint: '~> 3.0' });
}
