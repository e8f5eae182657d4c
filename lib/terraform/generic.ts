import {
  TerraformDataSource,
  type TerraformMetaArguments,
  TerraformProvider,
  TerraformResource,
  type TerraformResourceConfig,
} from 'cdktf';
import type { Construct } from 'constructs';

/** Attributes as Terraform spells them, in snake case. Tokens may stand anywhere inside. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A Terraform provider for which there are no bindings. */
export interface GenericProviderConfig {
  /** Its local name, which prefixes its resources: `azapi`. */
  readonly name: string;
  /** Its address in the registry: `Azure/azapi`. */
  readonly source: string;
  /** The versions that fit: `~> 2.7`. */
  readonly versionConstraint: string;
  /** Another name under which a stack has it a second time. @default - none */
  readonly alias?: string;
  /** @default - none */
  readonly attributes?: Attributes;
}

/** A provider that is used without generated bindings, for the few resources that no provider with bindings has. */
export class GenericProvider extends TerraformProvider {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: GenericProviderConfig,
  ) {
    super(scope, id, {
      terraformResourceType: config.name,
      terraformProviderSource: config.source,
      // Only the constraint: an exact version beside it would be the one that is written.
      terraformGeneratorMetadata: {
        providerName: config.name,
        providerVersionConstraint: config.versionConstraint,
      },
    });
  }

  // The base class neither keeps nor writes an alias.
  override get alias(): string | undefined {
    return this.config.alias;
  }

  override set alias(_value: string | undefined) {}

  /** The local name, as a resource's `provider` wants it. */
  get providerName(): string {
    return this.config.name;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.config.attributes, ...(this.config.alias ? { alias: this.config.alias } : {}) };
  }
}

/** A resource or data source of a {@link GenericProvider}. */
export interface GenericElementConfig extends TerraformMetaArguments {
  /** Its type: `azapi_resource`. */
  readonly type: string;
  readonly provider: GenericProvider;
  readonly attributes: Attributes;
}

function elementConfig({ type, provider, attributes: _, ...meta }: GenericElementConfig): TerraformResourceConfig {
  return {
    ...meta,
    provider,
    terraformResourceType: type,
    terraformGeneratorMetadata: { providerName: provider.providerName },
  };
}

/** A resource of a provider that has no bindings. */
export class GenericResource extends TerraformResource {
  private readonly attributes: Attributes;

  constructor(scope: Construct, id: string, config: GenericElementConfig) {
    super(scope, id, elementConfig(config));
    this.attributes = config.attributes;
  }

  /** The resource's identifier, known once it is made. */
  get id(): string {
    return this.getStringAttribute('id');
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.attributes };
  }
}

/** A data source of a provider that has no bindings. */
export class GenericDataSource extends TerraformDataSource {
  private readonly attributes: Attributes;

  constructor(scope: Construct, id: string, config: GenericElementConfig) {
    super(scope, id, elementConfig(config));
    this.attributes = config.attributes;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.attributes };
  }
}
