import { type TerraformMetaArguments, TerraformProvider, TerraformResource, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

/** Attributes in Terraform's snake case. Tokens are allowed anywhere. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Terraform provider without generated bindings. */
export interface GenericProviderConfig {
  /** Local name, which prefixes its resources: `azapi`. */
  readonly name: string;
  /** Address in the registry: `Azure/azapi`. */
  readonly source: string;
  /** Version constraint: `~> 2.7`. */
  readonly versionConstraint: string;
  /** Alias for a second configuration in the same stack. @default - none */
  readonly alias?: string;
  /** @default - none */
  readonly attributes?: Attributes;
}

/** Provider used without generated bindings, for the few resources that no provider with bindings has. */
export class GenericProvider extends TerraformProvider {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: GenericProviderConfig,
  ) {
    super(scope, id, {
      terraformResourceType: config.name,
      terraformProviderSource: config.source,
      // Pass only the constraint: an exact version beside it would take precedence.
      terraformGeneratorMetadata: {
        providerName: config.name,
        providerVersionConstraint: config.versionConstraint,
      },
    });
  }

  // The base class ignores the alias.
  override get alias(): string | undefined {
    return this.config.alias;
  }

  override set alias(_value: string | undefined) {}

  /** Local name, in the form of a resource's `provider`. */
  get providerName(): string {
    return this.config.name;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.config.attributes, ...(this.config.alias ? { alias: this.config.alias } : {}) };
  }
}

/** The provider of the stack of `scope` that is named by its alias, else by its name. It is created when first used. */
export function stackProvider(scope: Construct, config: GenericProviderConfig): GenericProvider {
  const stack = TerraformStack.of(scope);
  const id = config.alias ?? config.name;
  return (stack.node.tryFindChild(id) as GenericProvider | undefined) ?? new GenericProvider(stack, id, config);
}

/** Resource of a {@link GenericProvider}. */
export interface GenericResourceConfig extends TerraformMetaArguments {
  /** Type, such as `azapi_resource`. */
  readonly type: string;
  readonly provider: GenericProvider;
  readonly attributes: Attributes;
}

/** Resource of a provider without bindings. */
export class GenericResource extends TerraformResource {
  private readonly attributes: Attributes;

  constructor(scope: Construct, id: string, config: GenericResourceConfig) {
    const { type, provider, attributes, ...meta } = config;
    super(scope, id, {
      ...meta,
      provider,
      terraformResourceType: type,
      terraformGeneratorMetadata: { providerName: provider.providerName },
    });
    this.attributes = attributes;
  }

  /** Identifier of the resource, known after apply. */
  get id(): string {
    return this.getStringAttribute('id');
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.attributes };
  }
}
