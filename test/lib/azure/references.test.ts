import { TerraformStack } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import { AksCluster, AzureImage, ContainerModel, ManagedEndpointModel } from '../../../lib/azure/index.js';
import { azapi } from '../../../lib/azure/private/shared/azapi.js';
import { Access } from '../../../lib/serving/access.js';
import { GenericResource } from '../../../lib/terraform/generic.js';
import { circularReference, danglingReferences } from '../terraform/references.js';
import { CASES } from './cases.js';
import { KEY, REGISTRY, subnetId } from './identifiers.js';
import { azureStack, model, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

// Without Terraform and an account, this much of a plan can be known: that everything is there, and in an order.
describe.each(CASES)('$name', ({ synthesize }) => {
  test.each([
    ['the defaults', {}],
    ['a key of the customer', { encryptionKey: KEY }],
  ])('Terraform finds what is referred to, and can put it in order: %s', (_, props) => {
    const template = synthesize(props);
    expect(danglingReferences(template)).toEqual([]);
    expect(circularReference(template)).toBeUndefined();
  });
});

test('so it can with everything on: private networks, keys, canaries, GPUs and mounted models', () => {
  const image = AzureImage.fromAcr({ registry: REGISTRY, repository: 'runtime', reference: '1' });
  const stack = azureStack();
  new ManagedEndpointModel(stack, 'Endpoint', {
    model: model(),
    location: 'westeurope',
    image,
    access: Access.apiKey(),
    privateSubnet: { id: subnetId('s') },
    minReplicas: 1,
    maxReplicas: 4,
    mirrorPercent: 10,
    stableModels: [{ model: model('2'), trafficPercent: 100 }],
    encryptionKey: KEY,
  });
  new ContainerModel(stack, 'Containers', {
    model: model(),
    location: 'westeurope',
    image,
    modelMount: true,
    gpuCount: 1,
    spot: true,
    cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3', subnet: { id: subnetId('n') } }),
  });
  const template = new Template(TerraformStack.of(stack));
  expect(danglingReferences(template)).toEqual([]);
  expect(circularReference(template)).toBeUndefined();
});

test('a circle and a reference into nothing would be found', () => {
  const stack = azureStack();
  const attributes: Record<string, unknown> = {};
  const first = new GenericResource(stack, 'first', { type: 'azapi_resource', provider: azapi(stack), attributes });
  const second = new GenericResource(stack, 'second', {
    type: 'azapi_resource',
    provider: azapi(stack),
    attributes: { parent_id: first.id },
  });
  attributes.parent_id = second.id;
  attributes.name = `\${azurerm_${'subnet'}.none.id}`;
  const template = new Template(stack);
  expect(danglingReferences(template)).toEqual(['azapi_resource.first -> azurerm_subnet.none']);
  expect(circularReference(template)).toEqual([
    'azapi_resource.first',
    'azapi_resource.second',
    'azapi_resource.first',
  ]);
});
