// Providers without bindings, as a CDKTF app uses them by hand.
const { TerraformProvider, TerraformResource } = require('cdktf');

class Provider extends TerraformProvider {
  constructor(scope, id, { name, source, version, alias }, attributes) {
    super(scope, id, {
      terraformResourceType: name,
      terraformProviderSource: source,
      terraformGeneratorMetadata: { providerName: name, providerVersionConstraint: version },
    });
    this.providerAlias = alias;
    this.attributes = attributes;
  }

  get alias() {
    return this.providerAlias;
  }

  set alias(_) {}

  synthesizeAttributes() {
    return this.attributes;
  }
}

class Resource extends TerraformResource {
  constructor(scope, id, terraformResourceType, attributes, meta) {
    const providerName = terraformResourceType.split('_')[0];
    super(scope, id, { ...meta, terraformResourceType, terraformGeneratorMetadata: { providerName } });
    this.attributes = attributes;
  }

  synthesizeAttributes() {
    return this.attributes;
  }
}

module.exports = { Provider, Resource };
