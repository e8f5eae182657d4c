import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetType, type TerraformAsset, type TerraformStack } from 'cdktf';
import { list } from 'tar';
import { expect, test } from 'vitest';
import { AzureImage, ManagedEndpointModel } from '../../../lib/azure/index.js';
import { azureStack, model, Template } from './support.js';

function contextFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'modelship-context-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(directory, 'server.js'), '');
  return directory;
}

function withTask(digest = 'ab'.repeat(32)): TerraformStack {
  const stack = azureStack();
  new ManagedEndpointModel(stack, 'Iris', {
    model: model(),
    location: 'westeurope',
    image: AzureImage.fromAcrTask({ directory: contextFolder(), digest }),
  });
  return stack;
}

test('the registry builds the image once for each content of the context', () => {
  const template = new Template(withTask());
  const run = template.one('azapi_resource', /Image_Build_Run/);
  expect(run.type).toBe('Microsoft.ContainerRegistry/registries/taskRuns@2019-06-01-preview');
  expect(run.name).toMatch(/^[a-zA-Z0-9-]{5,50}$/);
  const { forceUpdateTag, runRequest } = run.body.properties;
  expect(runRequest).toMatchObject({
    type: 'DockerBuildRequest',
    dockerFilePath: 'Dockerfile',
    isPushEnabled: true,
    platform: { os: 'Linux', architecture: 'amd64' },
    imageNames: [`modelship/runtime:${forceUpdateTag}`],
  });
  expect(runRequest.timeout).toBeGreaterThanOrEqual(300);
  expect(runRequest.timeout).toBeLessThanOrEqual(28_800);
  const other = new Template(withTask('cd'.repeat(32))).one('azapi_resource', /Image_Build_Run/);
  expect(other.name).not.toBe(run.name);
});

test('a plan without a new context is not a new build', () => {
  const run = new Template(withTask()).one('azapi_resource', /Image_Build_Run/);
  expect(run.lifecycle.ignore_changes).toEqual(['body.properties.runRequest.sourceLocation']);
});

test('instances pull what was built, once it is built', () => {
  const template = new Template(withTask());
  const [id] = Object.keys(template.all('azapi_resource')).filter((key) => /Image_Build_Run/.test(key));
  expect(template.one('time_sleep', /^Iris_RolesKnown/).depends_on).toContain(`azapi_resource.${id}`);
  const [environment] = template.arm('Microsoft.MachineLearningServices/workspaces/environments/versions');
  expect(environment!.body.properties.image).toMatch(/login_server\}\/modelship\/runtime:abababababababab$/);
});

test('the link to the context may only be read, for two hours', () => {
  const template = new Template(withTask());
  const [link] = Object.values(template.json.data!.azurerm_storage_account_blob_container_sas!);
  expect(link).toMatchObject({
    https_only: true,
    permissions: { read: true, add: false, create: false, write: false, delete: false, list: false },
  });
  expect(link!.expiry).toMatch(/timeadd\(timestamp\(\), "2h"\)/);
});

test('the context is an archive of the folder', () => {
  const stack = withTask();
  const asset = stack.node.findAll().find((child) => child.node.path.endsWith('Build/Context')) as TerraformAsset;
  expect(asset.type).toBe(AssetType.FILE);
  const names: string[] = [];
  const { sourcePath } = asset as unknown as { sourcePath: string };
  expect(readFileSync(sourcePath).length).toBeGreaterThan(0);
  list({ file: sourcePath, sync: true, onReadEntry: (entry) => names.push(entry.path) });
  expect(names.sort()).toEqual(['./', './Dockerfile', './server.js']);
});

test('Docker builds for a registry that is there, with the credential that it has', () => {
  const stack = azureStack();
  const registry = { id: '/registries/x', loginServer: 'x.azurecr.io' };
  const image = AzureImage.fromDocker({ directory: contextFolder(), digest: 'ab'.repeat(32), registry });
  new ManagedEndpointModel(stack, 'Iris', { model: model(), location: 'westeurope', image });
  const template = new Template(stack);
  const [provider] = template.json.provider!.docker as unknown as [{ registry_auth: object[] }];
  expect(provider.registry_auth).toEqual([{ address: 'x.azurecr.io' }]);
  expect(template.one('docker_image')).toMatchObject({
    name: 'x.azurecr.io/modelship/runtime:abababababababab',
    build: [{ dockerfile: 'Dockerfile', platform: 'linux/amd64' }],
  });
  const [pushed] = Object.keys(template.all('docker_registry_image'));
  expect(template.one('time_sleep', /^Iris_RolesKnown/).depends_on).toContain(`docker_registry_image.${pushed}`);
});

test('outside the constructs of Azure there is no place for the image', () => {
  expect(() => AzureImage.fromAcrTask({ directory: '.', digest: 'x' }).bind()).toThrow(/ImageSource\.fromRegistry/);
});
