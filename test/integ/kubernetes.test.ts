import type { TerraformStack } from 'cdktf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Exposure } from '../../lib/kubernetes/exposure.js';
import { ModelVolume } from '../../lib/kubernetes/model-volume.js';
import { ModelWorkload } from '../../lib/kubernetes/model-workload.js';
import type { ModelWorkloadProps } from '../../lib/kubernetes/model-workload-props.js';
import { kubernetesStack, minimal } from '../lib/kubernetes/support.js';
import { Kubernetes } from '../support/doubles/kubernetes.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

const ROUTE = { host: 'models.example.com', sourceRanges: ['10.0.0.0/8'] };

const VARIANTS: readonly [string, Partial<ModelWorkloadProps>][] = [
  ['the defaults', {}],
  ['replicas that scale', { minReplicas: 2, maxReplicas: 5 }],
  ['a secret', { secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } } }],
  ['a GPU on tainted nodes', { gpuCount: 1, tolerations: [{ key: 'gpu' }], nodeSelector: { accelerator: 't4' } }],
  [
    'a mounted bucket',
    { modelVolume: ModelVolume.csi({ driver: 'gcsfuse.csi.storage.gke.io', attributes: { bucketName: 'models' } }) },
  ],
  ['a load balancer', { exposure: Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'] }) }],
  ['an Ingress', { exposure: Exposure.ingress({ ...ROUTE, className: 'nginx', tlsSecretName: 'tls' }) }],
];

function workload(props: Partial<ModelWorkloadProps>): TerraformStack {
  const stack = kubernetesStack();
  new ModelWorkload(stack, 'Workload', { ...minimal, ...props });
  return stack;
}

describeOnRequest('kubernetes', () => {
  let cluster: Kubernetes;
  let isAdmin = true;
  beforeAll(async () => {
    cluster = await Kubernetes.start({ isAdmin: () => isAdmin });
  }, 600_000);
  afterAll(() => cluster?.stop());

  test.each(VARIANTS)(
    'a workload with %s is applied, updated and destroyed',
    { timeout: 1_800_000 },
    async (name, props) => {
      const deployment = new Deployment(cluster.env);
      const image = 'registry.example.com/runtime:2';
      const lifecycle = await runLifecycle(deployment, {
        first: async () => workload(props),
        second: async () => {
          // The pods of the first version, created as a controller would, meet the Pod Security Standard "restricted".
          await expectRestrictedPods(cluster);
          return workload({ ...props, image });
        },
      });
      expectSettled(name, lifecycle, await cluster.left());
    },
  );

  test('a workload is created by the next apply after the identity has a role', { timeout: 1_800_000 }, async () => {
    const deployment = new Deployment(cluster.env);
    await deployment.synthesize(workload({}));
    isAdmin = false;
    await expect(deployment.apply()).rejects.toThrow(/is forbidden: User "deployer" cannot create/);
    isAdmin = true;
    await deployment.apply();
    expect(await deployment.plan()).toEqual([]);
    await deployment.destroy();
    expect(await cluster.left()).toEqual([]);
    deployment.remove();
  });
});

async function expectRestrictedPods(cluster: Kubernetes): Promise<void> {
  const { body } = await cluster.call('GET', '/apis/apps/v1/deployments');
  expect(body.items.length).toBeGreaterThan(0);
  for (const { metadata, spec } of body.items) {
    const namespace = (await cluster.call('GET', `/api/v1/namespaces/${metadata.namespace}`)).body;
    expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...spec.template.metadata, name: 'pod' },
      spec: spec.template.spec,
    };
    const created = await cluster.call('POST', `/api/v1/namespaces/${metadata.namespace}/pods?dryRun=All`, pod);
    expect({ status: created.status, warning: created.headers.warning, body: created.body.message }).toEqual({
      status: 201,
    });
  }
}
