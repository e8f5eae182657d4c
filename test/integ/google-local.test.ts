import { TerraformOutput, type TerraformStack } from 'cdktf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gpu, ServerlessModel } from '../../lib/gcp/index.js';
import { Rollout } from '../../lib/serving/rollout.js';
import { CLUSTER_VARIANTS } from '../lib/gcp/cluster-variants.js';
import { googleStack, KEY, minimal } from '../lib/gcp/support.js';
import { modelOf, SECRET, VARIANTS, type Variant } from '../lib/gcp/variants.js';
import { GoogleDouble } from '../support/doubles/google/server.js';
import { Kubernetes } from '../support/doubles/kubernetes.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const TIMEOUT = { timeout: 1_800_000 };
const PROJECT = 'project-a';
/** Variants whose log buckets and roles keep their names for days after they were deleted. */
const REAPPLIED = VARIANTS.filter(({ name }) => /^Cloud Run$|Private Service Connect/.test(name));
let double: GoogleDouble;

function cloudRun(version: string, stableRevision?: string): TerraformStack {
  const stack = googleStack();
  const rollout = stableRevision ? Rollout.canary({ percent: 10, bakeMinutes: 5 }) : undefined;
  const props = { ...minimal, model: modelOf(version), rollout, stableRevision };
  new TerraformOutput(stack, 'revision', { value: new ServerlessModel(stack, 'Iris', props).revision });
  return stack;
}

/** Applies, updates, rolls back and destroys a variant. */
async function expectLifecycle({ name, make }: Variant): Promise<void> {
  const lifecycle = await runLifecycle(new Deployment(double.env), {
    'the first version': () => make('1'),
    'the second version': () => make('2'),
    'the first version again': () => make('1'),
  });
  expectSettled(name, lifecycle, double.left);
}

async function startDouble(kubernetes?: Kubernetes): Promise<void> {
  double = await GoogleDouble.start(PROJECT, kubernetes);
  double.store.give(`cloudkms.googleapis.com/${KEY}`, { name: KEY, purpose: 'ENCRYPT_DECRYPT' });
  const secret = `projects/${PROJECT}/secrets/${SECRET}`;
  double.store.give(`secretmanager.googleapis.com/${secret}`, { name: secret, replication: { automatic: {} } });
}

describeOnRequest('google --local', () => {
  afterEach(() => double.stop());

  describe('without a cluster', () => {
    beforeEach(() => startDouble());

    describe.each(VARIANTS)('$name', (variant) => {
      test('is applied, updated, rolled back and destroyed', TIMEOUT, () => expectLifecycle(variant));
    });

    test('Cloud Run shifts traffic from a stable revision, and returns to it', TIMEOUT, async () => {
      const deployment = new Deployment(double.env);
      const lifecycle = await runLifecycle(deployment, {
        'the first version': () => cloudRun('1'),
        'a canary of the second version': async () => cloudRun('2', await deployment.output('revision')),
        'the second version': () => cloudRun('2'),
        'the first version again': () => cloudRun('1'),
      });
      expectSettled('Cloud Run with a canary', lifecycle, double.left);
    });

    test.each(REAPPLIED)('$name is applied again after it was destroyed', TIMEOUT, async ({ name, make }) => {
      for (const time of ['first', 'second']) {
        const lifecycle = await runLifecycle(new Deployment(double.env), { [`the ${time} time`]: () => make() });
        expectSettled(`${name}, the ${time} time`, lifecycle, double.left);
      }
    });

    test(
      'a service beyond the quota of GPUs is created by the next apply after the quota is raised',
      TIMEOUT,
      async () => {
        const deployment = new Deployment(double.env);
        const stack = googleStack();
        new ServerlessModel(stack, 'Iris', { ...minimal, gpu: Gpu.nvidiaL4(), maxReplicas: 5 });
        await deployment.synthesize(stack);
        // Terraform wraps the lines of errors.
        await expect(deployment.apply()).rejects.toThrow(
          /Quota\s+violated:\s+NvidiaL4\w+\s+requested:\s+5\s+allowed:\s+3/,
        );
        double.store.quotas.cloudRunGpus = 5;
        await deployment.apply();
        expect(await deployment.plan()).toEqual([]);
        await deployment.destroy();
        expect(double.left).toEqual([]);
        deployment.remove();
      },
    );
  });

  describe('in a project that has enabled no APIs', () => {
    beforeEach(() => startDouble());

    test('a stack that enables its APIs is applied and destroyed', TIMEOUT, async () => {
      double.store.enabled = new Set();
      const make = () => {
        const stack = googleStack();
        new ServerlessModel(stack, 'Iris', { ...minimal, encryptionKey: KEY, enableApis: true });
        return stack;
      };
      const lifecycle = await runLifecycle(new Deployment(double.env), { 'the first version': make });
      expectSettled('Cloud Run in a new project', lifecycle, double.left);
    });
  });

  describe('with a cluster', () => {
    let cluster: Kubernetes;
    beforeAll(async () => {
      cluster = await Kubernetes.start();
    }, 600_000);
    afterAll(() => cluster?.stop());
    beforeEach(() => startDouble(cluster));

    describe.each(CLUSTER_VARIANTS)('$name', (variant) => {
      test('is applied, updated, rolled back and destroyed', TIMEOUT, async () => {
        await expectLifecycle(variant);
        expect(await cluster.left()).toEqual([]);
      });
    });
  });
});
