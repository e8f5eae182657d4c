import { Aspects, TerraformDataSource, type TerraformProvider, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import { arrayOf, object } from '../serving/validation/prop-types.js';
import type { Validator } from '../serving/validation/validator.js';

/** Context key of the providers of a construct. Context is inherited, so everything inside the construct finds them. */
const CONTEXT = 'modelship:providers';

/** Type of the prop with the providers of a construct. */
export const PROVIDERS = arrayOf(object('a provider of CDKTF', 'terraformResourceType', 'terraformProviderSource'));

/**
 * Checks the providers of a construct.
 *
 * @param names local names of the providers that a user may select
 */
export function checkProviders(
  validator: Validator,
  providers: readonly TerraformProvider[] | undefined,
  names: readonly string[],
): void {
  const found = new Set<string>();
  for (const [index, provider] of (providers ?? []).entries()) {
    const name = provider.terraformResourceType;
    const prop = `providers.${index}`;
    validator.check(
      names.includes(name),
      prop,
      'UNSUPPORTED',
      `got a provider \`${name}\`; the construct takes ${names.map((each) => `\`${each}\``).join(', ')} here`,
    );
    validator.check(
      !found.has(name),
      prop,
      'CONFLICT',
      `got a second provider \`${name}\`; pass at most one of each name`,
    );
    found.add(name);
  }
}

/**
 * Makes the resources and data sources in `scope` use `providers`, including those that are created later. Each provider
 * is used for the types of its name, as with the `providers` of a Terraform module. Call it before `scope` has children.
 */
export function useProviders(scope: Construct, providers: readonly TerraformProvider[] | undefined): void {
  if (providers === undefined) return;
  scope.node.setContext(CONTEXT, providers);
  Aspects.of(scope).add({
    visit(node) {
      if (!TerraformResource.isTerraformResource(node) && !TerraformDataSource.isTerraformDataSource(node)) return;
      const name = node.terraformGeneratorMetadata?.providerName;
      node.provider ??= name === undefined ? undefined : selectedProvider(scope, name);
    },
  });
}

/** Returns the providers of the construct around `scope`, or undefined if it uses those of the stack. */
export function providersOf(scope: Construct): readonly TerraformProvider[] | undefined {
  return scope.node.tryGetContext(CONTEXT);
}

/** Returns the provider of a name that the construct around `scope` uses, or undefined if it uses that of the stack. */
export function selectedProvider(scope: Construct, name: string): TerraformProvider | undefined {
  return providersOf(scope)?.find((provider) => provider.terraformResourceType === name);
}

/** Returns `id` for an element of the stack that depends on the selected provider of a name. */
export function idForProvider(scope: Construct, name: string, id: string): string {
  const provider = selectedProvider(scope, name);
  return provider ? `${id}-${provider.alias ?? provider.node.id}` : id;
}
