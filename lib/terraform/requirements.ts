import { TerraformElement, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

const ID = 'ModelshipRequirements';

/** Context key of the provider versions that a user selects, by local name: `{"azurerm": "~> 5.2"}`. */
const CONTEXT = 'modelship:providerVersions';

/** `plantimestamp`, which the constructs use, is part of Terraform since 1.5, and of every version of OpenTofu. */
const TERRAFORM_VERSION = '>= 1.5.0';

/** Provider with the versions that templates are written for. */
export interface ProviderRequirement {
  /** Local name, such as `azurerm`. */
  readonly name: string;
  /** Address in the registry, such as `hashicorp/azurerm`. */
  readonly source: string;
  /** Version constraint that a stack states by default. */
  readonly version: string;
  /** Major versions that a user can select. The first one is the default. */
  readonly majors: readonly number[];
}

/** Versions of Terraform and of one provider that a stack may be applied with. */
class Requirements extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: { readonly provider: ProviderRequirement; readonly version: string },
  ) {
    super(scope, id);
  }

  override toTerraform() {
    const { provider, version } = this.props;
    const { name, source } = provider;
    const required = { [name]: { source, version } };
    return { terraform: { required_version: TERRAFORM_VERSION, required_providers: required } };
  }

  // CDKTF renders neither overrides nor attributes of providers without bindings in HCL, and `required_version` as a list.
  override toHclTerraform(): never {
    throw new Error(
      `${this.node.scope!.node.path}: CDKTF's HCL lacks arguments of these resources. Synthesize without --hcl: the folder of ` +
        'the stack in `cdktf.out/stacks` is a Terraform module in JSON, which `terraform` and `tofu` apply without CDKTF',
    );
  }
}

/**
 * States the versions that the stack of `scope` may be applied with, once for each provider. The bindings of CDKTF pin a
 * provider to the one version that they were generated from; `provider` has the range in which the same templates are valid.
 * An override of the stack (`addOverride('terraform.required_version', …)`) wins.
 *
 * @returns major version of the provider, which decides the names of arguments
 * @throws Error if the context selects a version that no template is valid for
 */
export function stateRequirements(scope: Construct, provider: ProviderRequirement): number {
  const { name, majors, version } = provider;
  const stack = TerraformStack.of(scope);
  const selected: unknown = scope.node.tryGetContext(CONTEXT)?.[name];
  const major = selected === undefined ? majors[0]! : majorOf(selected, provider);
  const id = `${ID}-${name}`;
  if (!stack.node.tryFindChild(id)) {
    new Requirements(stack, id, { provider, version: selected === undefined ? version : (selected as string) });
  }
  return major;
}

/** An exact version, or a range that ends with a major or a minor version. Terraform reads a missing patch as 0. */
const CONSTRAINT = /^(=|~>)?\s*(\d+)\.(\d+)(?:\.(\d+))?$/;

/** Returns the major version of a constraint that allows only one, and a version that templates are valid for. */
function majorOf(selected: unknown, { name, version, majors }: ProviderRequirement): number {
  const [, operator, ...numbers] = CONSTRAINT.exec(`${selected}`) ?? [];
  const [major, minor, patch] = numbers.map((number) => (number === undefined ? undefined : Number(number)));
  const got = `context \`${CONTEXT}\`: got ${JSON.stringify(selected)} for ${name}`;
  if (major === undefined || minor === undefined || !majors.includes(major)) {
    throw new Error(
      `${got}; the major versions ${majors.join(' and ')} are supported. ` +
        `Set a constraint that allows only one of them, such as "~> ${majors.at(-1)}.2"`,
    );
  }
  const minimum = /\d+\.\d+\.\d+/.exec(version)![0];
  const isRange = operator === '~>';
  const newest = isRange ? [major, patch === undefined ? Infinity : minor, Infinity] : [major, minor, patch ?? 0];
  if (isBelow(newest, minimum.split('.').map(Number))) {
    throw new Error(
      `${got}, which allows no version from ${minimum} on. Set a constraint that allows one, such as ` +
        `"~> ${minimum.replace(/\.\d+$/, '')}"`,
    );
  }
  return major;
}

function isBelow(version: readonly number[], minimum: readonly number[]): boolean {
  const index = version.findIndex((number, at) => number !== minimum[at]);
  return index >= 0 && version[index]! < minimum[index]!;
}
