import { createHash } from 'node:crypto';
import type { DataAzurermClientConfig } from '@cdktf/provider-azurerm/lib/data-azurerm-client-config';
import { Fn, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { HASH_LENGTH, prefixedPath, prefixedSlug, shortHash } from '../../../terraform/names.js';
import { idForProvider, selectedProvider } from '../../../terraform/providers.js';

/** Returns the identity that deploys, with its subscription and tenant. It is read once per stack and provider. */
export function clientConfig(scope: Construct): DataAzurermClientConfig {
  const stack = TerraformStack.of(scope);
  const id = idForProvider(scope, 'azurerm', 'ModelshipAzureClient');
  const made = stack.node.tryFindChild(id) as DataAzurermClientConfig | undefined;
  return made ?? new azurerm.DataAzurermClientConfig(stack, id, { provider: selectedProvider(scope, 'azurerm') });
}

/** Returns a name unique in its resource group: the readable construct ids, and a hash of the construct's path. */
export function groupName(scope: Construct, maxLength: number): string {
  return `${pathSlug(scope, maxLength - HASH_LENGTH - 1)}-${shortHash(prefixedPath(scope))}`;
}

/**
 * Returns a name unique in all of Azure, as DNS names must be. It stays the same from one apply to the next.
 * Subscription and location are part of its hash, so the same code can deploy to two subscriptions. After a move to
 * another location, Terraform creates the new resource before it deletes the old one.
 *
 * @param hyphens whether the type of resource allows them
 */
export function globalName(
  scope: Construct,
  { location }: { readonly location: string },
  maxLength: number,
  hyphens: boolean,
): string {
  const place = Fn.join('/', [clientConfig(scope).subscriptionId, location, scope.node.path]);
  const hash = Fn.substr(Fn.sha256(place), 0, HASH_LENGTH);
  const prefix = pathSlug(scope, maxLength - HASH_LENGTH - (hyphens ? 1 : 0));
  return hyphens ? `${prefix}-${hash}` : `${prefix.replaceAll('-', '')}${hash}`;
}

/** Returns a UUID derived from the text, for resources whose name must be a UUID. */
export function stableUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Returns the construct ids below the stack as a slug. */
function pathSlug(scope: Construct, maxLength: number): string {
  const [, ...inStack] = scope.node.path.split('/');
  return prefixedSlug(scope, inStack.join('-'), maxLength);
}
