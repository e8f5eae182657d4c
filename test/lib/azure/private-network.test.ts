import type { TerraformStack } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import {
  AksCluster,
  AzureImage,
  type AzureServingProps,
  ContainerModel,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
} from '../../../lib/azure/index.js';
import { circularReference, danglingReferences } from '../terraform/references.js';
import { CASES } from './cases.js';
import { REGISTRY, subnetId, zoneId } from './identifiers.js';
import { azureStack, faultsOf, IMAGE, model, type Resource, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const ENDPOINTS = { id: subnetId('endpoints') };
const SERVING = { id: subnetId('serving') };
const MODEL = model();

/** Each target in a network: private endpoints in one subnet, what serves in another. */
const TARGETS: readonly [string, (stack: TerraformStack, props: AzureServingProps) => unknown][] = [
  [
    'Functions',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        host: ServerlessHost.functionsFlexConsumption({ subnet: SERVING }),
      }),
  ],
  [
    'Container Apps',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        host: ServerlessHost.containerApps({ image: IMAGE, subnet: SERVING }),
      }),
  ],
  [
    'AKS',
    (stack, props) =>
      new ContainerModel(stack, 'Iris', { ...props, image: IMAGE, cluster: AksCluster.managed({ subnet: SERVING }) }),
  ],
  ['Azure ML', (stack, props) => new ManagedEndpointModel(stack, 'Iris', { ...props, image: IMAGE })],
];

function synthesized(make: (typeof TARGETS)[number][1], more: Partial<AzureServingProps> = {}): Template {
  const stack = azureStack();
  make(stack, { model: MODEL, location: 'westeurope', privateSubnet: ENDPOINTS, ...more });
  return new Template(stack);
}

/** What a template's private endpoints are of: resource and part. */
function endpointsOf(template: Template): string[] {
  return Object.values(template.all('azurerm_private_endpoint')).map(({ private_service_connection: connection }) => {
    const [, type] = /\$\{(azurerm_\w+)\./.exec(connection.private_connection_resource_id)!;
    return `${type} ${connection.subresource_names}`;
  });
}

describe.each(TARGETS)('%s with a private subnet', (_, make) => {
  const template = synthesized(make);

  test('keeps the model where the internet does not reach it, behind a private endpoint', () => {
    for (const account of Object.values(template.all('azurerm_storage_account'))) {
      expect(account.public_network_access_enabled).toBe(false);
    }
    expect(endpointsOf(template)).toContain('azurerm_storage_account blob');
    for (const { subnet_id } of Object.values(template.all('azurerm_private_endpoint'))) {
      expect(subnet_id).toBe(ENDPOINTS.id);
    }
  });

  test('uploads only once the endpoint is there', () => {
    const blobs = Object.values(template.all('azurerm_storage_blob'));
    expect(blobs.length).toBeGreaterThan(0);
    for (const { depends_on } of blobs) {
      expect(depends_on.some((each: string) => each.startsWith('azurerm_private_endpoint.'))).toBe(true);
    }
  });

  test('can be planned', () => {
    expect(danglingReferences(template)).toEqual([]);
    expect(circularReference(template)).toBeUndefined();
  });

  test('writes addresses into the zones that are given, and no other', () => {
    const zones = { 'privatelink.blob.core.windows.net': zoneId('privatelink.blob.core.windows.net') };
    const groups = Object.values(synthesized(make, { privateDnsZones: zones }).all('azurerm_private_endpoint')).map(
      (endpoint: Resource) => [
        endpoint.private_service_connection.subresource_names[0],
        endpoint.private_dns_zone_group?.private_dns_zone_ids,
      ],
    );
    for (const [part, ids] of groups)
      expect(ids).toEqual(part === 'blob' ? [zoneId('privatelink.blob.core.windows.net')] : undefined);
  });
});

test.each(CASES.filter(({ name }) => name !== 'ManagedEndpointModel'))(
  '$name is refused outside the network, where it would not find its model',
  ({ name, make }) => {
    const prop = name === 'ContainerModel' ? 'cluster.subnet' : 'host.subnet';
    expect(faultsOf(() => make(azureStack(), { privateSubnet: ENDPOINTS }))).toEqual([`${prop} OUTSIDE_NETWORK`]);
  },
);

test.each(TARGETS)('%s names identifiers that are none', (_, make) => {
  const props = { privateSubnet: { id: '/subnets/endpoints' }, privateDnsZones: { 'privatelink.azurecr.io': '/zone' } };
  expect(faultsOf(() => make(azureStack(), { model: MODEL, location: 'westeurope', ...props }))).toEqual([
    'privateDnsZones.privatelink.azurecr.io BAD_TEXT',
    'privateSubnet.id BAD_TEXT',
  ]);
});

test.each(CASES)('$name keeps storage in one zone where a region has no others', ({ synthesize }) => {
  const replication = (location: string) =>
    new Set(
      Object.values(synthesize({ location }).all('azurerm_storage_account')).map(
        (each) => each.account_replication_type,
      ),
    );
  expect(replication('westeurope')).toEqual(new Set(['ZRS']));
  expect(replication('westus')).toEqual(new Set(['LRS']));
});

test.each(CASES)('$name names zones that are for nothing', ({ make }) => {
  const zones = {
    'privatelink.blob.core.windows.net': zoneId('privatelink.blob.core.windows.net'),
    'privatelink.redis.example': zoneId('privatelink.redis.example'),
  };
  expect(faultsOf(() => make(azureStack(), { privateDnsZones: zones }))).toEqual([
    'privateDnsZones CONFLICT',
    'privateDnsZones.privatelink.redis.example UNKNOWN_ZONE',
  ]);
});

describe('a private workspace of Azure ML', () => {
  const image = AzureImage.fromAcr({ registry: REGISTRY, repository: 'runtime', reference: '1' });
  const template = synthesized((stack, props) => new ManagedEndpointModel(stack, 'Iris', { ...props, image }));

  test('has private endpoints for all that it cannot be without', () => {
    expect(endpointsOf(template).sort()).toEqual([
      'azurerm_container_registry registry',
      'azurerm_key_vault vault',
      'azurerm_machine_learning_workspace amlworkspace',
      'azurerm_storage_account blob',
      'azurerm_storage_account blob',
      'azurerm_storage_account file',
    ]);
  });

  test('lets its instances reach the model and the image, which nothing else does, before they start', () => {
    const rules = Object.entries(template.all('azapi_resource')).filter(([, { type }]) => /outboundRules@/.test(type));
    expect(rules.map(([, { body }]) => body.properties.destination)).toEqual([
      { serviceResourceId: REGISTRY.id, subresourceTarget: 'registry', sparkEnabled: false },
      {
        serviceResourceId: expect.stringMatching(/azurerm_storage_account\.Iris_ModelStore/),
        subresourceTarget: 'blob',
        sparkEnabled: false,
      },
    ]);
    const [deployment] = template.arm('Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments');
    for (const [id] of rules) expect(deployment!.depends_on).toContain(`azapi_resource.${id}`);
  });

  test('may approve the private endpoints to what is its own, and to the model and the image', () => {
    for (const scope of [
      REGISTRY.id,
      expect.stringMatching(/Iris_ModelStore/),
      expect.stringMatching(/azurerm_storage_account\.Iris_Workspace/),
      expect.stringMatching(/azurerm_key_vault\.Iris_Workspace/),
      expect.stringMatching(/azurerm_container_registry\.Iris_Workspace/),
    ]) {
      expect(Object.values(template.all('azurerm_role_assignment'))).toContainEqual(
        expect.objectContaining({
          scope,
          role_definition_name: 'Azure AI Enterprise Network Connection Approver',
          principal_id: expect.stringMatching(/machine_learning_workspace\..*identity/),
        }),
      );
    }
  });

  test('has an image built in a registry that both the internet and a private endpoint reach, with an identity', () => {
    const built = synthesized((stack, props) => new ManagedEndpointModel(stack, 'Iris', props));
    const registries = Object.entries(built.all('azurerm_container_registry'));
    expect(
      registries.map(([id, { sku, public_network_access_enabled: open = true }]) => [/Image/.test(id), sku, open]),
    ).toEqual(
      expect.arrayContaining([
        [true, 'Premium', true],
        [false, 'Premium', false],
      ]),
    );
    // Whoever builds fetches the context by a link.
    expect(built.one('azurerm_storage_account', /Image_Build/)).not.toHaveProperty('public_network_access_enabled');
  });
});
