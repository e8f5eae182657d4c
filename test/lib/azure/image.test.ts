import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerraformAsset, TerraformStack } from 'cdktf';
import { list } from 'tar';
import { describe, expect, test, vi } from 'vitest';
import {
  AksCluster,
  AzureImage,
  ContainerModel,
  Gpu,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
} from '../../../lib/azure/index.js';
import { GoogleImage } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { type PackageOverrides, writePackage } from '../../support/packages.js';
import { REGISTRY } from './identifiers.js';
import { azureStack, faultsOf, model, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

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
    image: AzureImage.fromAcrTask({ context: { directory: contextFolder(), digest } }),
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

test('another `rebuild` builds the same context again, with patched packages', () => {
  const runOf = (rebuild?: string) => {
    const stack = azureStack();
    const context = { directory: contextFolder(), digest: 'ab'.repeat(32) };
    const image = AzureImage.fromAcrTask({ context, rebuild });
    new ManagedEndpointModel(stack, 'Iris', { model: model(), location: 'westeurope', image });
    return new Template(stack).one('azapi_resource', /Image_Build_Run/);
  };
  const [first, november] = [runOf(), runOf('2026-11')];
  expect(november.name).not.toBe(first.name);
  expect(november.name).toMatch(/^[a-zA-Z0-9-]{5,50}$/);
  expect(november.body.properties.runRequest.imageNames).not.toEqual(first.body.properties.runRequest.imageNames);
  expect(() => AzureImage.fromAcrTask({ rebuild: 'a b' })).toThrow(/`rebuild` must have .* got "a b"/);
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

test('the link to the context allows reads only, for a day from the plan', () => {
  const template = new Template(withTask());
  const [link] = Object.values(template.json.data!.azurerm_storage_account_blob_container_sas!);
  expect(link).toMatchObject({
    https_only: true,
    start: expect.stringContaining('timeadd(plantimestamp(), "-15m")'),
    expiry: expect.stringContaining('timeadd(plantimestamp(), "24h")'),
    permissions: { read: true, add: false, create: false, write: false, delete: false, list: false },
  });
});

test('the context is an archive of the folder', () => {
  expect(contextFiles(withTask()).sort()).toEqual(['./', './Dockerfile', './server.js']);
});

test('Docker builds for a registry that is there, with the credential that it has', () => {
  const stack = azureStack();
  const context = { directory: contextFolder(), digest: 'ab'.repeat(32) };
  const image = AzureImage.fromDocker({ context, registry: REGISTRY });
  new ManagedEndpointModel(stack, 'Iris', { model: model(), location: 'westeurope', image });
  const template = new Template(stack);
  const [provider] = template.json.provider!.docker as unknown as [{ registry_auth: object[] }];
  expect(provider.registry_auth).toEqual([{ address: 'registry.azurecr.io' }]);
  expect(template.one('docker_image')).toMatchObject({
    name: 'registry.azurecr.io/modelship/runtime:abababababababab',
    build: [{ dockerfile: 'Dockerfile', platform: 'linux/amd64' }],
  });
  const [pushed] = Object.keys(template.all('docker_registry_image'));
  expect(template.one('time_sleep', /^Iris_RolesKnown/).depends_on).toContain(`docker_registry_image.${pushed}`);
});

/** The files of the context that a template's build of an image gets. */
function contextFiles(stack: TerraformStack): string[] {
  const asset = stack.node.findAll().find((child) => child.node.path.endsWith('Build/Context')) as TerraformAsset;
  const names: string[] = [];
  const { sourcePath } = asset as unknown as { sourcePath: string };
  list({ file: sourcePath, sync: true, onReadEntry: (entry) => names.push(entry.path) });
  return names;
}

describe('without an image', () => {
  const make = (packed: Partial<PackageOverrides> = {}) => {
    const stack = azureStack();
    const host = ServerlessHost.containerApps();
    const served = Model.fromDirectory(writePackage(packed), { trustPickle: true });
    new ServerlessModel(stack, 'Iris', { model: served, location: 'westeurope', host });
    return stack;
  };

  test('the registry builds the runtime of this version, which models of a kind share', () => {
    const stack = make();
    expect(contextFiles(stack)).toEqual(expect.arrayContaining(['./Dockerfile', './runtime/server.js']));
    const [run] = new Template(stack).arm('Microsoft.ContainerRegistry/registries/taskRuns');
    const [other] = new Template(make({ version: '2' })).arm('Microsoft.ContainerRegistry/registries/taskRuns');
    expect(other!.name).toBe(run!.name);
    expect(new Template(stack).one('azurerm_container_app').template.container[0].image).toMatch(/modelship\/runtime:/);
  });

  test('formats of Python get the worker, and the packages that the model was packed with', () => {
    const files = contextFiles(make({ format: 'pickle', requirements: ['scikit-learn==1.7.2'] }));
    expect(files).toEqual(
      expect.arrayContaining(['./requirements.txt', './runtime/python/modelship_worker/__main__.py']),
    );
  });

  test('a GPU is refused, which the runtime that is built does not use', () => {
    const host = ServerlessHost.containerApps({ gpu: Gpu.nvidiaT4() });
    const gpu = { gpuCount: 1, cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' }) };
    const props = { model: model(), location: 'westeurope' };
    expect(faultsOf(() => new ServerlessModel(azureStack(), 'Iris', { ...props, host }))).toEqual([
      'host.image NO_GPU_RUNTIME',
    ]);
    expect(faultsOf(() => new ContainerModel(azureStack(), 'Iris', { ...props, ...gpu }))).toEqual([
      'image NO_GPU_RUNTIME',
    ]);
  });
});

test('an image of another cloud is refused', () => {
  const props = { model: model(), location: 'westeurope', image: GoogleImage.fromCloudBuild() };
  expect(() => new ContainerModel(azureStack(), 'Iris', props)).toThrow(
    'stack/Iris: `image` is for the constructs of another cloud, got a BuiltImage. Use ImageSource.fromRegistry() or ' +
      'AzureImage.fromAcrTask()',
  );
});
