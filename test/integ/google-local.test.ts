import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEY } from '../lib/gcp/support.js';
import { VARIANTS } from '../lib/gcp/variants.js';
import { GoogleDouble } from '../support/doubles/google/server.js';
import { Deployment, runLifecycle } from './deployment.js';
import { describeOnRequest } from './on-request.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const PROJECT = 'project-a';
let double: GoogleDouble;

describeOnRequest('google --local', () => {
  beforeEach(async () => {
    double = await GoogleDouble.start(PROJECT);
    double.store.give(`cloudkms.googleapis.com/${KEY}`, { name: KEY, purpose: 'ENCRYPT_DECRYPT' });
  });
  afterEach(() => double.stop());

  describe.each(VARIANTS)('$name', ({ name, make }) => {
    test('is applied, updated, rolled back and destroyed', { timeout: 900_000 }, async () => {
      const { resources, providers, repeated } = await runLifecycle(new Deployment(double.env), {
        'the first version': () => make('1'),
        'the second version': () => make('2'),
        'the first version again': () => make('1'),
      });
      console.log(`${name}: ${resources} resources, ${JSON.stringify(providers)}`);
      expect(repeated).toEqual({ 'the first version': [], 'the second version': [], 'the first version again': [] });
      expect(double.left).toEqual([]);
    });
  });
});
