import { TerraformOutput, type TerraformStack } from 'cdktf';
import { afterEach, beforeEach, describe, test, vi } from 'vitest';
import { ServerlessModel } from '../../lib/gcp/index.js';
import { Rollout } from '../../lib/serving/rollout.js';
import { googleStack, KEY, minimal } from '../lib/gcp/support.js';
import { modelOf, VARIANTS } from '../lib/gcp/variants.js';
import { GoogleDouble } from '../support/doubles/google/server.js';
import { Deployment, expectSettled, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const PROJECT = 'project-a';
let double: GoogleDouble;

function cloudRun(version: string, stableRevision?: string): TerraformStack {
  const stack = googleStack();
  const rollout = stableRevision ? Rollout.canary({ percent: 10, bakeMinutes: 5 }) : undefined;
  const props = { ...minimal, model: modelOf(version), rollout, stableRevision };
  new TerraformOutput(stack, 'revision', { value: new ServerlessModel(stack, 'Iris', props).revision });
  return stack;
}

describeOnRequest('google --local', () => {
  beforeEach(async () => {
    double = await GoogleDouble.start(PROJECT);
    double.store.give(`cloudkms.googleapis.com/${KEY}`, { name: KEY, purpose: 'ENCRYPT_DECRYPT' });
  });
  afterEach(() => double.stop());

  describe.each(VARIANTS)('$name', ({ name, make }) => {
    test('is applied, updated, rolled back and destroyed', { timeout: 900_000 }, async () => {
      const lifecycle = await runLifecycle(new Deployment(double.env), {
        'the first version': () => make('1'),
        'the second version': () => make('2'),
        'the first version again': () => make('1'),
      });
      expectSettled(name, lifecycle, double.left);
    });
  });

  test('Cloud Run shifts traffic from a stable revision, and returns to it', { timeout: 900_000 }, async () => {
    const deployment = new Deployment(double.env);
    const lifecycle = await runLifecycle(deployment, {
      'the first version': () => cloudRun('1'),
      'a canary of the second version': async () => cloudRun('2', await deployment.output('revision')),
      'the second version': () => cloudRun('2'),
      'the first version again': () => cloudRun('1'),
    });
    expectSettled('Cloud Run with a canary', lifecycle, double.left);
  });
});
