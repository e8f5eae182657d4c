import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ServerlessModel } from '../../lib/gcp/index.js';
import { VARIANTS as AZURE } from '../lib/azure/variants.js';
import { CLUSTER_VARIANTS, EXISTING_CLUSTER_VARIANTS } from '../lib/gcp/cluster-variants.js';
import { googleStack, minimal } from '../lib/gcp/support.js';
import { VARIANTS as GOOGLE } from '../lib/gcp/variants.js';
import { AzureDouble } from '../support/doubles/azure/server.js';
import { GoogleDouble } from '../support/doubles/google/server.js';
import { Kubernetes } from '../support/doubles/kubernetes.js';
import { Deployment } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

/** Stacks of Azure whose plan needs the API of an existing cluster. */
const IN_EXISTING_CLUSTER = AZURE.filter(({ name }) => /existing AKS/.test(name));
const AZURE_STACKS = AZURE.filter((variant) => !IN_EXISTING_CLUSTER.includes(variant));

/** Stacks that are only validated here: other tests plan them. */
const VALIDATED = [
  ...[...GOOGLE, ...CLUSTER_VARIANTS, ...EXISTING_CLUSTER_VARIANTS],
  ...IN_EXISTING_CLUSTER.map(({ name, stack }) => ({ name, make: stack })),
];

/** Custom resources of the Gateway API, of its policies on GKE and of KServe. */
const DEFINITIONS = [
  'gateway.networking.k8s.io/v1/httproutes/HTTPRoute',
  'networking.gke.io/v1/gcpbackendpolicies/GCPBackendPolicy',
  'networking.gke.io/v1/healthcheckpolicies/HealthCheckPolicy',
  'serving.kserve.io/v1beta1/inferenceservices/InferenceService',
];

async function expectValid(deployment: Deployment): Promise<void> {
  expect((await deployment.validate()).trim()).toBe('Success! The configuration is valid.');
}

/** Plans the stack of `planned`, which was not applied before. Prints how many resources it would create. */
async function expectPlan(name: string, planned: Deployment): Promise<void> {
  const resources = (await planned.plan()).filter(({ actions }) => actions.join() !== 'read');
  expect(resources.map(({ actions }) => actions.join())).toEqual(resources.map(() => 'create'));
  expect(resources).not.toHaveLength(0);
  console.log(`${name}: ${resources.length} to add`);
}

// The schemas in test/lib/terraform say which arguments exist. Only the providers themselves know which values they take.
describeOnRequest('validate', () => {
  const deployment = new Deployment({});
  afterAll(() => deployment.remove());

  test.each(VALIDATED)('the providers accept $name', { timeout: 300_000 }, async ({ make }) => {
    await deployment.synthesize(make());
    await expectValid(deployment);
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

    test.each(AZURE_STACKS)('the providers accept and plan $name', { timeout: 600_000 }, async ({ name, stack }) => {
      await planned.synthesize(stack());
      await expectValid(planned);
      await expectPlan(name, planned);
    });
  });

  describe('in an existing cluster', () => {
    let cluster: Kubernetes;
    let google: GoogleDouble;
    let azure: AzureDouble;
    let planned: Deployment;
    beforeAll(async () => {
      cluster = await Kubernetes.start({ definitions: DEFINITIONS });
      azure = await AzureDouble.start(cluster);
      google = await GoogleDouble.start('project-a', cluster);
      const clusters = 'container.googleapis.com/v1/projects/project-a/locations/europe-west4/clusters';
      expect(google.call('POST', clusters, { cluster: { name: 'shared' } }).status).toBe(200);
    }, 600_000);
    afterEach(() => planned?.remove());
    afterAll(async () => {
      azure?.stop();
      google?.stop();
      await cluster?.stop();
    });

    test.each(IN_EXISTING_CLUSTER)('the providers plan $name', { timeout: 600_000 }, async ({ name, stack }) => {
      planned = new Deployment({ ...azure.env, ...cluster.env });
      await planned.synthesize(stack());
      await expectPlan(name, planned);
    });

    test.each(EXISTING_CLUSTER_VARIANTS)('the providers plan $name', { timeout: 600_000 }, async ({ name, make }) => {
      planned = new Deployment(google.env);
      await planned.synthesize(make());
      await expectPlan(name, planned);
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
