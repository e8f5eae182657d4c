import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { model } from '../lib/azure/support.js';
import { VARIANTS } from '../lib/azure/variants.js';
import { AzureDouble } from '../support/doubles/azure/server.js';
import { Deployment, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const MODELS = { first: model('1'), second: model('2') };
let double: AzureDouble;

/**
 * Default stacks. Without AKS, which needs the API of its cluster, and Container Apps, where a rollback needs another
 * `versionSalt`.
 */
const DEFAULTS = VARIANTS.filter(({ name }) => /^(ServerlessModel on Functions|ManagedEndpointModel)$/.test(name));

describeOnRequest('azure --local', () => {
  beforeEach(async () => {
    double = await AzureDouble.start();
  });
  afterEach(() => double.stop());

  describe.each(DEFAULTS)('$name', ({ name, stack }) => {
    test('is applied, updated, rolled back and destroyed', { timeout: 900_000 }, async () => {
      const { resources, providers, repeated } = await runLifecycle(new Deployment(double.env), {
        'the first version': () => stack({ model: MODELS.first }),
        'the second version': () => stack({ model: MODELS.second }),
        'the first version again': () => stack({ model: MODELS.first }),
      });
      console.log(`${name}: ${resources} resources, ${JSON.stringify(providers)}`);
      expect(repeated).toEqual({ 'the first version': [], 'the second version': [], 'the first version again': [] });
      expect(double.left).toEqual([]);
    });
  });
});
