import type { AzurermProvider, AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';
import { Annotations, Aspects, type TerraformResource, TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { selectedProvider } from '../../../terraform/providers.js';
import { type ProviderRequirement, stateRequirements } from '../../../terraform/requirements.js';

/** Supported versions of `azurerm`. Version 5 renamed arguments, so a stack is written for one major version. */
const AZURERM_PROVIDER: ProviderRequirement = {
  name: 'azurerm',
  source: 'hashicorp/azurerm',
  version: '>= 4.55.0, < 5.0.0',
  majors: [4, 5],
};

/** States the supported versions of azurerm in the stack of `scope`, once. Returns the major version to write for. */
export function requireAzurerm(scope: Construct): number {
  return stateRequirements(scope, AZURERM_PROVIDER);
}

/**
 * Sets the arguments of a resource that azurerm 5 renamed or requires, if the stack is written for it. The bindings know
 * the arguments of version 4. An undefined value removes an argument.
 *
 * @see https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/5.0-upgrade-guide
 */
export function writeForAzurerm5<Resource extends TerraformResource>(
  resource: Resource,
  changes: Readonly<Record<string, unknown>>,
): Resource {
  if (requireAzurerm(resource) < 5) return resource;
  for (const [name, value] of Object.entries(changes)) resource.addOverride(name, value);
  return resource;
}

/** Returns the azurerm provider that `scope` uses, or those that its stack contains so far. */
function providersOf(scope: Construct): AzurermProvider[] {
  const selected = selectedProvider(scope, 'azurerm') as AzurermProvider | undefined;
  if (selected) return [selected];
  return TerraformStack.of(scope).node.children.filter(
    (child) => (child as Partial<AzurermProvider>).terraformResourceType === 'azurerm',
  ) as AzurermProvider[];
}

/** Whether a feature flag of a provider has the given value. A flag that only Terraform knows counts as true. */
export function hasFeature(
  { featuresInput }: AzurermProvider,
  block: keyof AzurermProviderFeatures,
  name: string,
  value: boolean,
): boolean {
  if (Token.isUnresolved(featuresInput)) return true;
  const switches = (featuresInput as AzurermProviderFeatures[] | undefined)?.[0]?.[block];
  if (Token.isUnresolved(switches)) return true;
  const given = (switches as Readonly<Record<string, unknown>>[] | undefined)?.[0]?.[name];
  return Token.isUnresolved(given) || given === value;
}

/**
 * Fails synthesis if `fault` reports a problem with a provider of `scope`. The check runs at synth, because the
 * provider may be added last.
 */
export function requireProvider(scope: Construct, fault: (provider: AzurermProvider) => string | undefined): void {
  scope.node.addValidation({
    validate: () =>
      providersOf(scope).flatMap((provider) => {
        const found = fault(provider);
        return found ? [`${provider.node.path}: ${found}`] : [];
      }),
  });
}

/** Warns at synth if `fault` reports a problem with a provider of `scope`. */
export function adviseProvider(scope: Construct, fault: (provider: AzurermProvider) => string | undefined): void {
  Aspects.of(scope).add({
    visit(node) {
      if (node !== scope) return;
      for (const provider of providersOf(scope)) {
        const found = fault(provider);
        if (found) Annotations.of(scope).addWarning(`${provider.node.path}: ${found}`);
      }
    },
  });
}
