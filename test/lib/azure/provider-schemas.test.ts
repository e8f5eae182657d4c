import { describe, expect, test, vi } from 'vitest';
import { readSchema, schemaFaults } from '../terraform/provider-schema.js';
import { VARIANTS } from './variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const TEMPLATES = VARIANTS.map(({ name, synthesize }) => ({ name, template: synthesize() }));

/** The versions that the stacks are for. */
const PROVIDERS = [
  ['azurerm', '4.55.0'],
  ['azapi', '2.9.0'],
  ['azuread', '3.9.0'],
  ['kubernetes', '2.38.0'],
  ['kubernetes', '3.2.1'],
  ['time', '0.13.1'],
] as const;

describe.each(PROVIDERS)('the provider %s %s', (provider, version) => {
  const schema = readSchema(`${provider}-${version}`);

  test.each(TEMPLATES)('takes $name', ({ template }) => {
    expect(schemaFaults(template, provider, schema)).toEqual([]);
  });
});

describe('the provider azurerm 5.2.0, which a user selects', () => {
  const context = { 'modelship:providerVersions': { azurerm: '~> 5.2' } };
  const schema = readSchema('azurerm-5.2.0');

  test.each(VARIANTS)('takes $name', ({ synthesize }) => {
    const template = synthesize({}, context);
    expect(schemaFaults(template, 'azurerm', schema)).toEqual([]);
    expect(template.json.terraform).toMatchObject({ required_providers: { azurerm: { version: '~> 5.2' } } });
  });
});

describe('the versions that a stack states', () => {
  const [first] = VARIANTS;

  test('allow every release of one major version of azurerm', () => {
    expect(first!.synthesize().json.terraform).toMatchObject({
      required_version: '>= 1.5.0',
      required_providers: { azurerm: { source: 'hashicorp/azurerm', version: '>= 4.55.0, < 5.0.0' } },
    });
  });

  test.each(['~> 6.0', '>= 4.55', '~> 5', 5, ''])('cannot be selected as %j', (azurerm) => {
    expect(() => first!.synthesize({}, { 'modelship:providerVersions': { azurerm } })).toThrow(
      /context `modelship:providerVersions`: got .* for azurerm; the major versions 4 and 5 are supported.*"~> 5\.2"/,
    );
  });

  // Templates have arguments that azurerm has since 4.55: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
  test.each(['4.10.0', '= 4.54.9', '4.10', '~> 4.54.0'])('cannot be selected as %j, below the oldest', (azurerm) => {
    expect(() => first!.synthesize({}, { 'modelship:providerVersions': { azurerm } })).toThrow(
      /context `modelship:providerVersions`: got ".*" for azurerm, which allows no version from 4\.55\.0 on.*"~> 4\.55"/,
    );
  });

  test.each(['4.55.0', '= 4.60', '~> 4.55.0', '~> 4.10', '5.2.0', '~> 5.0.1'])('can be selected as %j', (azurerm) => {
    const { json } = first!.synthesize({}, { 'modelship:providerVersions': { azurerm } });
    expect(json.terraform).toMatchObject({ required_providers: { azurerm: { version: azurerm } } });
  });
});
