import type { TerraformStack } from 'cdktf';
import { afterAll, expect, test, vi } from 'vitest';
import {
  ContainerHost,
  ContainerModel,
  type ContainerModelProps,
  Exposure,
  GkeCluster,
  Gpu,
  ServerlessModel,
  WebAcl,
} from '../../lib/gcp/index.js';
import { Access } from '../../lib/serving/access.js';
import { Rollout } from '../../lib/serving/rollout.js';
import { VARIANTS as AZURE } from '../lib/azure/variants.js';
import { googleStack, KEY, minimal } from '../lib/gcp/support.js';
import { VARIANTS as GOOGLE, modelOf } from '../lib/gcp/variants.js';
import { Deployment } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const EXISTING = GkeCluster.existing({ name: 'shared', location: 'europe-west4' });

const GKE: readonly [string, Partial<ContainerModelProps>][] = [
  ['GKE', {}],
  ['GKE with an image that is built and a key of the customer', { image: undefined, encryptionKey: KEY }],
  ['GKE with a GPU and replicas', { gpu: Gpu.nvidiaL4(), minReplicas: 2, maxReplicas: 4, targetConcurrency: 8 }],
  ['GKE with secrets', { secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } }, enableApis: true }],
  [
    'an existing GKE cluster with a Gateway and a canary',
    {
      cluster: EXISTING,
      access: Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] }),
      exposure: Exposure.gateway({ gatewayName: 'gate', host: 'iris.example.com', sourceRanges: ['130.211.0.0/22'] }),
      rollout: Rollout.canary({ percent: 20, bakeMinutes: 10 }),
      stableModel: modelOf('0'),
    },
  ],
  ['an existing GKE cluster with KServe', { cluster: EXISTING, host: ContainerHost.kserve(), namespace: 'models' }],
];

function gkeStack(props: Partial<ContainerModelProps>): TerraformStack {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', { ...minimal, ...props });
  return stack;
}

/** A stack that uses what the variants leave out, because the double of Google Cloud has no Compute Engine. */
function domainStack(): TerraformStack {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', {
    ...minimal,
    domainName: 'iris.example.com',
    webAcl: WebAcl.managed(),
    secrets: { HF_TOKEN: 'hub-token' },
    enableApis: true,
  });
  return stack;
}

/** Every default stack and variant of the tests of Azure and Google Cloud. */
const STACKS: readonly [string, () => TerraformStack][] = [
  ...AZURE.map(({ name, stack }): [string, () => TerraformStack] => [name, () => stack()]),
  ...GOOGLE.map(({ name, make }): [string, () => TerraformStack] => [name, () => make()]),
  ['Cloud Run with a domain, a web ACL, secrets and APIs', domainStack],
  ...GKE.map(([name, props]): [string, () => TerraformStack] => [name, () => gkeStack(props)]),
];

// The schemas in test/lib/terraform say which arguments exist. Only the providers themselves know which values they take.
describeOnRequest('validate', () => {
  const deployment = new Deployment({});
  afterAll(() => deployment.remove());

  test.each(STACKS)('the providers accept %s', { timeout: 300_000 }, async (_, stack) => {
    await deployment.synthesize(stack());
    expect((await deployment.validate()).trim()).toBe('Success! The configuration is valid.');
  });

  test('a value that a provider does not accept is found', { timeout: 300_000 }, async () => {
    const stack = googleStack();
    const { service } = new ServerlessModel(stack, 'Iris', minimal);
    service.ingress = 'INGRESS_TRAFFIC_SOME';
    await deployment.synthesize(stack);
    await expect(deployment.validate()).rejects.toThrow(/expected ingress to be one of/);
  });
});
