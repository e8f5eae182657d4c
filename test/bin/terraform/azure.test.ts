import { App, type TerraformStack, Testing } from 'cdktf';
import { afterEach, expect, test, vi } from 'vitest';
import { azureStacks } from '../../../bin/terraform/azure.js';
import { AppContext } from '../../../bin/terraform/context.js';
import { writePackage } from '../../support/packages.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../../lib/azure/small-runtime.js'));

afterEach(() => vi.unstubAllEnvs());

// biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
function synthesized(settings: object): Record<string, any> {
  vi.stubEnv('MODELSHIP_CONTEXT', JSON.stringify({ package: writePackage(), ...settings }));
  const app = Testing.stubVersion(new App({ stackTraces: false }));
  azureStacks(app, new AppContext(app));
  const stacks = app.node.children.filter((child) => 'toTerraform' in child) as TerraformStack[];
  return Object.fromEntries(stacks.map((stack) => [stack.node.id, JSON.parse(Testing.synth(stack))]));
}

test('there is a stack for each target, and each says where it answers and how to ask it', () => {
  const stacks = synthesized({});
  expect(Object.keys(stacks).sort()).toEqual([
    'azure-container',
    'azure-container-apps',
    'azure-managed-endpoint',
    'azure-serverless',
  ]);
  for (const { output, provider } of Object.values(stacks)) {
    expect(output.url.value).not.toBe('');
    expect(output.predictCommand.value).toMatch(
      /^curl .*az account get-access-token --resource .*("instances":\[\[0,0,0,0\]\]|"shape":\[1,4\],.*"data":\[0,0,0,0\])/,
    );
    expect(provider.azurerm[0]).toMatchObject({ storage_use_azuread: true });
  }
});

test('the setting `target` chooses the stacks', () => {
  expect(Object.keys(synthesized({ target: 'container,container-apps' })).sort()).toEqual([
    'azure-container',
    'azure-container-apps',
  ]);
  expect(() => synthesized({ target: 'lambda' })).toThrow(
    'context `target`: got "lambda"; there are serverless, container-apps, container, managed-endpoint',
  );
});

test('the image is built by a registry, unless it is set', () => {
  const built = synthesized({});
  for (const id of ['azure-container-apps', 'azure-container', 'azure-managed-endpoint']) {
    expect(JSON.stringify(built[id].resource.azapi_resource)).toContain(
      'Microsoft.ContainerRegistry/registries/taskRuns@',
    );
  }
  const set = synthesized({ image: 'registry.example/runtime:2', location: 'northeurope', subscription: 's-1' });
  expect(JSON.stringify(set)).not.toContain('taskRuns');
  expect(JSON.stringify(set['azure-container-apps'])).toContain('registry.example/runtime:2');
  expect(set['azure-serverless'].provider.azurerm[0].subscription_id).toBe('s-1');
  expect(JSON.stringify(set['azure-managed-endpoint'])).toContain('"location":"northeurope"');
});

test('each stack has a state of its own where the settings say', () => {
  const stacks = synthesized({ backend: { type: 'azurerm', storageAccountName: 'states', containerName: 'tf' } });
  expect(stacks['azure-serverless'].terraform.backend.azurerm).toMatchObject({ key: 'azure-serverless.tfstate' });
  expect(stacks['azure-container'].terraform.backend.azurerm).toMatchObject({ key: 'azure-container.tfstate' });
});
