import { TerraformElement, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

const ID = 'ModelshipRequirements';

/** `terraform_data`, which the constructs use, is part of Terraform since 1.4. */
const TERRAFORM_VERSION = '>= 1.4.0';

/** Versions of a provider, by its local name. */
export type ProviderVersions = { readonly [name: string]: { readonly source: string; readonly version: string } };

/** The versions of Terraform and of providers that a stack may be applied with. */
class Requirements extends TerraformElement {
  constructor(
    scope: Construct,
    private readonly providers: ProviderVersions,
  ) {
    super(scope, ID);
  }

  override toTerraform() {
    return { terraform: { required_version: TERRAFORM_VERSION, required_providers: this.providers } };
  }

  override toHclTerraform() {
    return this.toTerraform();
  }
}

/**
 * States the versions that the stack of `scope` may be applied with, once. The bindings of CDKTF pin a provider to the one
 * version that they were generated from; `providers` has the ranges in which the same templates are valid. An override of
 * the stack (`addOverride('terraform.required_version', …)`) wins.
 */
export function stateRequirements(scope: Construct, providers: ProviderVersions): void {
  const stack = TerraformStack.of(scope);
  if (!stack.node.tryFindChild(ID)) new Requirements(stack, providers);
}
