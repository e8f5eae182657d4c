import type { TerraformStack } from 'cdktf';
import { afterEach, beforeEach, describe, test, vi } from 'vitest';
import { type ContainerAppsOptions, ServerlessHost, ServerlessModel } from '../../lib/azure/index.js';
import { azureStack, IMAGE, model } from '../lib/azure/support.js';
import { VARIANTS } from '../lib/azure/variants.js';
import { AzureDouble } from '../support/doubles/azure/server.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const MODELS = { first: model('1'), second: model('2') };
let double: AzureDouble;

/** Default stacks, without AKS, which needs the API of its cluster. */
const DEFAULTS = VARIANTS.filter(({ name }) => /^(ServerlessModel on Functions|ManagedEndpointModel)$/.test(name));

function containerApp(version: keyof typeof MODELS, options: Omit<ContainerAppsOptions, 'image'> = {}): TerraformStack {
  const stack = azureStack();
  new ServerlessModel(stack, 'Iris', {
    model: MODELS[version],
    location: 'westeurope',
    host: ServerlessHost.containerApps({ ...options, image: IMAGE }),
  });
  return stack;
}

describeOnRequest('azure --local', () => {
  beforeEach(async () => {
    double = await AzureDouble.start();
  });
  afterEach(() => double.stop());

  describe.each(DEFAULTS)('$name', ({ name, stack }) => {
    test('is applied, updated, rolled back and destroyed', { timeout: 900_000 }, async () => {
      const lifecycle = await runLifecycle(new Deployment(double.env), {
        'the first version': () => stack({ model: MODELS.first }),
        'the second version': () => stack({ model: MODELS.second }),
        'the first version again': () => stack({ model: MODELS.first }),
      });
      expectSettled(name, lifecycle, double.left);
    });
  });

  test('Container Apps are applied, updated, rolled back and destroyed', { timeout: 900_000 }, async () => {
    const lifecycle = await runLifecycle(new Deployment(double.env), {
      'the first version': () => containerApp('first'),
      'the second version': () => containerApp('second'),
      'the first version again': () => containerApp('first', { versionSalt: 'rollback' }),
    });
    expectSettled('Container Apps', lifecycle, double.left);
  });
});
