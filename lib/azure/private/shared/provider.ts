import type { AzurermProvider, AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';
import { Annotations, Aspects, TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';

/** Returns the azurerm providers that the stack of `scope` contains so far. */
function providersOf(scope: Construct): AzurermProvider[] {
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
 * Fails synthesis if `fault` reports a problem with a provider of the stack. The check runs at synth, because the
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

/** Warns at synth if `fault` reports a problem with a provider of the stack. */
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
