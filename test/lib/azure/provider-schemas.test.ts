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
  ['time', '0.13.1'],
] as const;

describe.each(PROVIDERS)('the provider %s %s', (provider, version) => {
  const schema = readSchema(`${provider}-${version}`);

  test.each(TEMPLATES)('takes $name', ({ template }) => {
    expect(schemaFaults(template, provider, schema)).toEqual([]);
  });
});
