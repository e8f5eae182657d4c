import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { type TerraformProvider, type TerraformStack, Testing } from 'cdktf';
import { Construct } from 'constructs';
import { describe, expect, test, vi } from 'vitest';
import * as azure from '../../../lib/azure/index.js';
import * as gcp from '../../../lib/gcp/index.js';
import { GenericProvider } from '../../../lib/terraform/generic.js';
import { azureStack, faultsOf, model } from '../azure/support.js';
import { VARIANTS as AZURE } from '../azure/variants.js';
import { googleStack, minimal } from '../gcp/support.js';
import { VARIANTS as GOOGLE } from '../gcp/variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

const ALIAS = 'second';
const FEATURES = { features: azure.AZURERM_FEATURES, storageUseAzuread: true };

function azureProviders(stack: TerraformStack): TerraformProvider[] {
  const generic = (name: string, source: string, versionConstraint: string) =>
    new GenericProvider(stack, `${name}-${ALIAS}`, { name, source, versionConstraint, alias: ALIAS });
  return [
    new AzurermProvider(stack, 'azurerm-second', { ...FEATURES, alias: ALIAS, subscriptionId: 'second' }),
    generic('azapi', 'Azure/azapi', '~> 2.7'),
    generic('azuread', 'hashicorp/azuread', '~> 3.0'),
  ];
}

function googleProviders(stack: TerraformStack): TerraformProvider[] {
  return [new GoogleProvider(stack, 'google-second', { alias: ALIAS, project: 'project-b' })];
}

const gateway = (providers: (stack: TerraformStack) => TerraformProvider[]) => {
  const stack = azureStack();
  const resourceGroup = { id: '/subscriptions/second/resourceGroups/models', name: 'models', location: 'westeurope' };
  const endpoint = new azure.ServerlessModel(stack, 'Iris', {
    model: model(),
    resourceGroup,
    providers: providers(stack),
  });
  const publisher = { publisherName: 'Flowers', publisherEmail: 'api@example.com' };
  new azure.ApiManagementGateway(stack, 'Gateway', { endpoint, resourceGroup, ...publisher });
  return stack;
};

const gke = (cluster: gcp.GkeCluster) => (added: (stack: TerraformStack) => Partial<gcp.GoogleServingProps>) => {
  const stack = googleStack();
  new gcp.ContainerModel(stack, 'Iris', { ...minimal, cluster, image: undefined, ...added(stack) });
  return stack;
};

type Make = () => TerraformStack;

const STACKS: readonly [string, readonly string[], Make][] = [
  ...AZURE.map(({ name, stack }): [string, string[], Make] => [
    name,
    ['azurerm', 'azapi', 'azuread'],
    () => stack((made) => ({ providers: azureProviders(made) })),
  ]),
  ['API Management', ['azurerm', 'azapi', 'azuread'], () => gateway(azureProviders)],
  ...GOOGLE.map(({ name, make }): [string, string[], Make] => [
    name,
    ['google'],
    () => make('1', (made) => ({ providers: googleProviders(made) })),
  ]),
  ...Object.entries({
    'GKE Autopilot': gcp.GkeCluster.autopilot(),
    'GKE Standard': gcp.GkeCluster.standard(),
    'an existing cluster of GKE': gcp.GkeCluster.existing({ name: 'cluster', location: 'europe-west4' }),
  }).map(([name, cluster]): [string, string[], Make] => [
    name,
    ['google'],
    () => gke(cluster)((made) => ({ providers: googleProviders(made) })),
  ]),
];

const seen = new Set<string>();

describe.each(STACKS)('the providers of %s', (_, names, make) => {
  test('are used by each of its resources and data sources', () => {
    const stack = make();
    for (const construct of stack.node.findAll()) seen.add(construct.constructor.name);
    const { resource, data, provider } = JSON.parse(Testing.synth(stack));
    const used = [resource, data].flatMap((kinds) =>
      Object.entries(kinds ?? {}).flatMap(([type, all]) =>
        Object.entries(all as Record<string, { provider?: string }>).map(([id, each]) => ({
          address: `${type}.${id}`,
          name: type.slice(0, type.indexOf('_')),
          provider: each.provider,
        })),
      ),
    );
    const given = new Set(stack.node.children.map(({ node }) => node.id));
    // Resources of the user are at the top of the stack, such as the bucket of a batch.
    const isOwn = (address: string) => !given.has(address.split('.')[1]!) || address.includes('.Modelship');
    const own = used.filter(({ name, address }) => names.includes(name) && isOwn(address));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((each) => each.provider !== `${each.name}.${ALIAS}`)).toEqual([]);
    // REST calls and clusters authenticate with the token of the same provider.
    expect(JSON.stringify([provider.restful, provider.kubernetes, provider.helm])).not.toContain(
      'google_client_config.ModelshipGoogleClient.',
    );
  });
});

test('all constructs were among these stacks', () => {
  const constructs = [...Object.entries(azure), ...Object.entries(gcp)]
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Construct)
    .map(([name]) => name);
  expect(constructs.filter((name) => !seen.has(name))).toEqual([]);
});

test('two projects in one stack use the token of their own provider', () => {
  const stack = googleStack();
  new gcp.ManagedEndpointModel(stack, 'First', minimal);
  new gcp.ManagedEndpointModel(stack, 'Second', { ...minimal, providers: googleProviders(stack) });
  const { resource, provider, data } = JSON.parse(Testing.synth(stack, true));
  const tokens = Object.fromEntries(
    provider.restful.map(({ alias, security }: { alias: string; security: object }) => [
      alias,
      /ModelshipGoogleClient[\w-]*/.exec(JSON.stringify(security))![0],
    ]),
  );
  expect(Object.keys(tokens)).toHaveLength(2);
  for (const [alias, token] of Object.entries(tokens)) {
    expect(token).toBe(`ModelshipGoogleClient${alias.endsWith('-second') ? '-second' : ''}`);
  }
  expect(data.google_client_config).toEqual({
    ModelshipGoogleClient: expect.not.objectContaining({ provider: expect.anything() }),
    'ModelshipGoogleClient-second': expect.objectContaining({ provider: 'google.second' }),
  });
  for (const [id, call] of Object.entries<{ provider: string }>(resource.restful_operation)) {
    expect([id, call.provider]).toEqual([
      id,
      expect.stringMatching(id.startsWith('Second') ? /-second$/ : /(?<!second)$/),
    ]);
  }
});

test('another provider that is incomplete does not matter to the construct', () => {
  const stack = azureStack();
  new AzurermProvider(stack, 'other', { features: [{}], alias: 'other' });
  const providers = azureProviders(stack);
  new azure.ServerlessModel(stack, 'Iris', { model: model(), location: 'westeurope', providers });
  expect(() => Testing.synth(stack, true)).not.toThrow();
});

test.each<[string, (stack: TerraformStack) => unknown, string[]]>([
  ['no array', (stack) => azureProviders(stack)[0], ['providers WRONG_TYPE']],
  ['a name', () => ['azurerm'], ['providers.0 WRONG_TYPE']],
  [
    'a provider twice',
    (stack) => [stack.node.findChild('azurerm'), ...azureProviders(stack)],
    ['providers.1 CONFLICT'],
  ],
  ['that of a cluster', (stack) => [new KubernetesProvider(stack, 'k8s', {})], ['providers.0 UNSUPPORTED']],
  ['that of Google', (stack) => googleProviders(stack), ['providers.0 UNSUPPORTED']],
])('rejected providers: %s', (_, providers, expected) => {
  const stack = azureStack();
  const given = providers(stack) as TerraformProvider[];
  expect(
    faultsOf(
      () => new azure.ServerlessModel(stack, 'Iris', { model: model(), location: 'westeurope', providers: given }),
    ),
  ).toEqual(expected);
});
