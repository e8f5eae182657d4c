import { type TerraformMetaArguments, TerraformProvider, TerraformResource, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { selectedProvider } from './providers.js';

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

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.config.attributes, ...(this.config.alias ? { alias: this.config.alias } : {}) };
  }
}

/**
 * Returns the provider that the construct around `scope` selects, or the stack's provider with this alias, or else this
 * name, which is created when first used.
 */
export function stackProvider(scope: Construct, config: GenericProviderConfig): TerraformProvider {
  const selected = selectedProvider(scope, config.name);
  if (selected) return selected;
  const stack = TerraformStack.of(scope);
  const id = config.alias ?? config.name;
  return (stack.node.tryFindChild(id) as GenericProvider | undefined) ?? new GenericProvider(stack, id, config);
}

/** Resource of a {@link GenericProvider}. */
export interface GenericResourceConfig extends TerraformMetaArguments {
  /** Type, such as `azapi_resource`. */
  readonly type: string;
  readonly provider: TerraformProvider;
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
      terraformGeneratorMetadata: { providerName: provider.terraformResourceType },
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
