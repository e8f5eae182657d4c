import { TerraformOutput, type TerraformStack } from 'cdktf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AzureServingProps,
  type ContainerAppsOptions,
  Gpu,
  ServerlessHost,
  ServerlessModel,
  WebAcl,
} from '../../lib/azure/index.js';
import { Rollout } from '../../lib/serving/rollout.js';
import { KEY } from '../lib/azure/identifiers.js';
import { azureStack, IMAGE, model } from '../lib/azure/support.js';
import { PRIVATE, SERVING, VARIANTS, type Variant } from '../lib/azure/variants.js';
import { AzureDouble } from '../support/doubles/azure/server.js';
import { Kubernetes } from '../support/doubles/kubernetes.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const MODELS = { first: model('1'), second: model('2') };
const TIMEOUT = { timeout: 5_400_000 };
let double: AzureDouble;

/** Stacks without a cluster. Apps of Container Apps have tests of their own. */
const STACKS = VARIANTS.filter(({ name }) =>
  /^(ServerlessModel on Functions|Functions (in a network|behind Front Door).*|ManagedEndpointModel|Azure ML in a private.*|Container Apps job.*)$/.test(
    name,
  ),
);
/** Stacks without a cluster that azurerm 5 applies. */
const ON_AZURERM_5 = VARIANTS.filter(({ name }) =>
  /^(ServerlessModel on Container Apps|Functions behind Front Door.*|ManagedEndpointModel)$/.test(name),
);
/** Context of an app that selects azurerm 5. */
const AZURERM_5 = { 'modelship:providerVersions': { azurerm: '~> 5.2' } };
/** Stacks that create a cluster. */
const CLUSTERS = VARIANTS.filter(({ name }) => /^(ContainerModel|AKS with spot GPUs.*|AKS in a private.*)$/.test(name));
/** Ways to run on Container Apps: options of the host, and props. */
const APPS: readonly [string, Omit<ContainerAppsOptions, 'image'>, Partial<AzureServingProps>][] = [
  ['Container Apps', {}, {}],
  ['Container Apps in a private network with a GPU', { subnet: SERVING, internal: true, gpu: Gpu.nvidiaT4() }, PRIVATE],
];

/** Applies, updates, rolls back and destroys a variant. */
async function expectLifecycle({ name, stack }: Variant): Promise<void> {
  const lifecycle = await runLifecycle(new Deployment(double.env), {
    'the first version': () => stack({ model: MODELS.first }),
    'the second version': () => stack({ model: MODELS.second }),
    'the first version again': () => stack({ model: MODELS.first }),
  });
  expectSettled(name, lifecycle, double.left);
}

function containerApp(
  version: keyof typeof MODELS,
  options: Omit<ContainerAppsOptions, 'image'> = {},
  props: Partial<AzureServingProps> = {},
): TerraformStack {
  const stack = azureStack();
  const { containerApp: app } = new ServerlessModel(stack, 'Iris', {
    model: MODELS[version],
    location: 'westeurope',
    ...props,
    host: ServerlessHost.containerApps({ ...options, image: IMAGE }),
  });
  new TerraformOutput(stack, 'revision', { value: app!.revision });
  return stack;
}

async function startDouble(kubernetes?: Kubernetes): Promise<void> {
  double = await AzureDouble.start(kubernetes);
  // The vault of the customer's key exists.
  double.store.give(KEY.resourceVersionlessId.replace(/\/keys\/.*/, ''), {
    location: 'westeurope',
    properties: { vaultUri: new URL('/', KEY.id).href, enableSoftDelete: true, enablePurgeProtection: true },
  });
  // So do the network and its subnet, whose states azurerm reads before it creates nodes there.
  const properties = { provisioningState: 'Succeeded' };
  double.store.give(SERVING.id, { properties });
  double.store.give(SERVING.id.replace(/\/subnets\/.*/, ''), { properties });
}

describeOnRequest('azure --local', () => {
  afterEach(() => double.stop());

  describe('without a cluster', () => {
    beforeEach(() => startDouble());

    describe.each(STACKS)('$name', (variant) => {
      test('is applied, updated, rolled back and destroyed', TIMEOUT, () => expectLifecycle(variant));
    });

    test.each(ON_AZURERM_5)(
      '$name is applied, updated and destroyed by azurerm 5',
      TIMEOUT,
      async ({ name, stack }) => {
        const lifecycle = await runLifecycle(new Deployment(double.env), {
          'the first version': () => stack({ model: MODELS.first }, AZURERM_5),
          'the second version': () => stack({ model: MODELS.second }, AZURERM_5),
        });
        expectSettled(name, lifecycle, double.left);
        expect(lifecycle.providers['registry.terraform.io/hashicorp/azurerm']).toMatch(/^5\./);
      },
    );

    describe.each(APPS)('%s', (name, options, props) => {
      test('are applied, updated, rolled back and destroyed', TIMEOUT, async () => {
        const lifecycle = await runLifecycle(new Deployment(double.env), {
          'the first version': () => containerApp('first', options, props),
          'the second version': () => containerApp('second', options, props),
          'the first version again': () => containerApp('first', { ...options, versionSalt: 'rollback' }, props),
        });
        expectSettled(name, lifecycle, double.left);
      });

      test('shift traffic from a stable revision, promote and return to it', TIMEOUT, async () => {
        const deployment = new Deployment(double.env);
        const rollout = Rollout.canary({ percent: 10, bakeMinutes: 5 });
        const lifecycle = await runLifecycle(deployment, {
          'the first version': () => containerApp('first', options, props),
          'a canary of the second version': async () =>
            containerApp(
              'second',
              { ...options, stableRevision: await deployment.output('revision') },
              { ...props, rollout },
            ),
          'the second version': () => containerApp('second', options, props),
          'the first version again': () => containerApp('first', { ...options, versionSalt: 'rollback' }, props),
        });
        expectSettled(`${name}, with a canary`, lifecycle, double.left);
      });
    });

    test('Functions behind Front Door change their domain, and go without', TIMEOUT, async () => {
      const behind = (domainName?: string) => () => {
        const stack = azureStack();
        new ServerlessModel(stack, 'Iris', {
          model: MODELS.first,
          location: 'westeurope',
          domainName,
          webAcl: WebAcl.managed(),
        });
        return stack;
      };
      const lifecycle = await runLifecycle(new Deployment(double.env), {
        'a domain': behind('iris.example.com'),
        'another domain': behind('flowers.example.com'),
        'no domain': behind(),
      });
      // The association of azurerm leaves the host name of Front Door on the route.
      const { 'another domain': left, ...repeated } = lifecycle.repeated;
      expect(left?.map(({ attributes }) => Object.keys(attributes))).toEqual([['link_to_default_domain']]);
      expectSettled('Functions behind Front Door with another domain', { ...lifecycle, repeated }, double.left);
    });

    test('an image whose build failed is built by the next apply, through a new link', TIMEOUT, async () => {
      const { stack } = VARIANTS.find(({ name }) => name === 'Container Apps with an image that is built')!;
      const deployment = new Deployment(double.env);
      double.store.builds.areFailing = true;
      await deployment.synthesize(stack());
      await expect(deployment.apply()).rejects.toThrow(/RunFailed/);
      double.store.builds.areFailing = false;
      const lifecycle = await runLifecycle(deployment, { 'the next apply': () => stack() });
      expectSettled('Container Apps with an image that is built', lifecycle, double.left);
      expect(new Set(double.store.builds.links).size).toBe(2);
    });
  });

  describe('with a cluster', () => {
    let cluster: Kubernetes;
    beforeAll(async () => {
      cluster = await Kubernetes.start({ isAdmin: () => double.isClusterAdmin });
    }, 600_000);
    afterAll(() => cluster?.stop());
    beforeEach(() => startDouble(cluster));

    describe.each(CLUSTERS)('$name', (variant) => {
      test('is applied, updated, rolled back and destroyed', TIMEOUT, async () => {
        await expectLifecycle(variant);
        expect(await cluster.left()).toEqual([]);
      });
    });
  });
});
