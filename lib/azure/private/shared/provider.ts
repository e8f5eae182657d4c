import type { AzurermProvider, AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';
import { Annotations, Aspects, TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';

/** The azurerm providers of the stack of `scope`, as far as they are known. */
function providersOf(scope: Construct): AzurermProvider[] {
  return TerraformStack.of(scope).node.children.filter(
    (child) => (child as Partial<AzurermProvider>).terraformResourceType === 'azurerm',
  ) as AzurermProvider[];
}

/** Whether a switch of a provider has a value. True where only Terraform knows it. */
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

/** Stops synthesis if `fault` finds one in a provider of the stack. At synth, because a provider may come last. */
export function requireProvider(scope: Construct, fault: (provider: AzurermProvider) => string | undefined): void {
  scope.node.addValidation({
    validate: () =>
      providersOf(scope).flatMap((provider) => {
        const found = fault(provider);
        return found ? [`${provider.node.path}: ${found}`] : [];
      }),
  });
}

/** Warns at synth if `fault` finds one in a provider of the stack. */
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
