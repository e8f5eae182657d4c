import { AzurermProvider, type AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import { AZURE_RESOURCE_PROVIDERS, AZURERM_FEATURES, ManagedEndpointModel } from '../../../lib/azure/index.js';
import { CASES } from './cases.js';
import { subnetId } from './identifiers.js';
import { azureStack, IMAGE, model, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const MODEL = model();

/** What a stack with such switches says at synth: errors, and warnings. */
function synthesized(features: AzurermProviderFeatures[], isPrivate = false): { errors: string; warnings: string } {
  const stack = new TerraformStack(Testing.app(), 'stack');
  const privateSubnet = isPrivate ? { id: subnetId('endpoints') } : undefined;
  new ManagedEndpointModel(stack, 'Iris', { model: MODEL, image: IMAGE, location: 'westeurope', privateSubnet });
  // The provider may come last.
  new AzurermProvider(stack, 'azurerm', { features, storageUseAzuread: true });
  let errors = '';
  try {
    Testing.synth(stack, true);
  } catch (error) {
    errors = String(error);
  }
  const entries = stack.node.findAll().flatMap(({ node }) => node.metadata);
  const warnings = entries.filter(({ type }) => type === '@cdktf/warn').map(({ data }) => data);
  return { errors, warnings: warnings.join('\n') };
}

describe('the switches of azurerm', () => {
  test('reach the provider', () => {
    const [provider] = new Template(azureStack()).json.provider!.azurerm as unknown as [object];
    expect(provider).toMatchObject({
      features: [
        {
          storage: [{ data_plane_available: false }],
          application_insights: [{ disable_generated_rule: true }],
          resource_group: [{ prevent_deletion_if_contains_resources: false }],
          machine_learning: [{ purge_soft_deleted_workspace_on_destroy: true }],
        },
      ],
    });
  });

  test('are given by the library, and nothing is said then', () => {
    expect(synthesized(AZURERM_FEATURES, true)).toEqual({ errors: '', warnings: '' });
  });

  test('that are missing are named with what fails without them', () => {
    const { errors, warnings } = synthesized([{}]);
    expect(errors).toBe('');
    expect(warnings).toMatch(/stack\/azurerm: terraform destroy fails at the resource group.*AZURERM_FEATURES/);
    expect(warnings).toMatch(/stack\/azurerm: Azure keeps a deleted workspace for 14 days.*AZURERM_FEATURES/);
  });

  test('must let storage be created that only a private network reaches', () => {
    const { errors } = synthesized([{}], true);
    expect(errors).toMatch(
      /tests stack\/Iris\/ModelStore\/Storage from outside its private network.*dataPlaneAvailable/,
    );
    expect(synthesized([{ storage: [{ dataPlaneAvailable: false }] }], true).errors).toBe('');
  });
});

test('the list of resource providers contains that of every resource that azapi makes', () => {
  const types = CASES.flatMap(({ synthesize }) => synthesize().arm()).map(({ type }) => type.split('/')[0]);
  expect(new Set(types).size).toBeGreaterThan(3);
  expect([...new Set(types)].filter((type) => !AZURE_RESOURCE_PROVIDERS.includes(type))).toEqual([]);
});
