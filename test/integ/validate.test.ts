import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ServerlessModel } from '../../lib/gcp/index.js';
import { VARIANTS as AZURE } from '../lib/azure/variants.js';
import { CLUSTER_VARIANTS, EXISTING_CLUSTER_VARIANTS } from '../lib/gcp/cluster-variants.js';
import { googleStack, minimal } from '../lib/gcp/support.js';
import { VARIANTS as GOOGLE } from '../lib/gcp/variants.js';
import { AzureDouble } from '../support/doubles/azure/server.js';
import { Deployment } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

/** Every default stack and variant of the tests of Google Cloud. */
const GOOGLE_STACKS = [...GOOGLE, ...CLUSTER_VARIANTS, ...EXISTING_CLUSTER_VARIANTS];

/** Stacks that the provider of Kubernetes plans with the custom resources of the cluster, which the double does not have. */
const PLANNED_IN_CLUSTER = /existing AKS/;

// The schemas in test/lib/terraform say which arguments exist. Only the providers themselves know which values they take.
describeOnRequest('validate', () => {
  const deployment = new Deployment({});
  afterAll(() => deployment.remove());

  test.each(GOOGLE_STACKS)('the providers accept $name', { timeout: 300_000 }, async ({ make }) => {
    await deployment.synthesize(make());
    expect((await deployment.validate()).trim()).toBe('Success! The configuration is valid.');
  });

  describe('Azure', () => {
    let double: AzureDouble;
    let planned: Deployment;
    beforeAll(async () => {
      double = await AzureDouble.start();
      planned = new Deployment(double.env);
    });
    afterAll(() => {
      planned.remove();
      double.stop();
    });

    test.each(AZURE)('the providers accept and plan $name', { timeout: 600_000 }, async ({ name, stack }) => {
      await planned.synthesize(stack());
      expect((await planned.validate()).trim()).toBe('Success! The configuration is valid.');
      if (PLANNED_IN_CLUSTER.test(name)) return;
      const resources = (await planned.plan()).filter(({ actions }) => actions.join() !== 'read');
      expect(resources.map(({ actions }) => actions.join())).toEqual(resources.map(() => 'create'));
      expect(resources).not.toHaveLength(0);
      console.log(`${name}: ${resources.length} to add`);
    });
  });

  test('a value that a provider does not accept is found', { timeout: 300_000 }, async () => {
    const stack = googleStack();
    const { service } = new ServerlessModel(stack, 'Iris', minimal);
    service.ingress = 'INGRESS_TRAFFIC_SOME';
    await deployment.synthesize(stack);
    await expect(deployment.validate()).rejects.toThrow(/expected ingress to be one of/);
  });
});
