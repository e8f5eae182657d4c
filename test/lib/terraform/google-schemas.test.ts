import { describe, expect, test, vi } from 'vitest';
import { BatchCompute, BatchModel, Gpu } from '../../../lib/gcp/index.js';
import { CLUSTER_VARIANTS, EXISTING_CLUSTER_VARIANTS } from '../gcp/cluster-variants.js';
import { template } from '../gcp/support.js';
import { VARIANTS, variant } from '../gcp/variants.js';
import { readSchema, schemaFaults } from './provider-schema.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

/** Every default stack and variant of the tests of Google Cloud, and a stack that uses what the variants leave out. */
const STACKS = [
  ...VARIANTS,
  ...CLUSTER_VARIANTS,
  ...EXISTING_CLUSTER_VARIANTS,
  variant('Cloud Run job with a GPU and alarms', (stack, { model, image, ...props }) =>
    new BatchModel(stack, 'Batch', {
      ...props,
      compute: BatchCompute.job({ model, image, gpu: Gpu.nvidiaL4() }),
      inputBucket: 'rows',
      alarmActions: ['projects/project-a/notificationChannels/1'],
    }).grantStart('user:a@example.com'),
  ),
];

const SYNTHESIZED = STACKS.map(({ name, make }) => ({ name, synthesized: { json: template(make()) } }));

/** The versions that the stacks are for: the last of google 6, which the bindings have, and a current one. */
const PROVIDERS = [
  ['google', '6.50.0'],
  ['google', '7.45.0'],
  ['kubernetes', '2.38.0'],
  ['kubernetes', '3.2.1'],
  ['helm', '3.1.2'],
  ['restful', '0.25.2'],
  ['time', '0.13.1'],
] as const;

describe.each(PROVIDERS)('the provider %s %s', (provider, version) => {
  const schema = readSchema(`${provider}-${version}`);

  test.each(SYNTHESIZED)('takes $name', ({ synthesized }) => {
    expect(schemaFaults(synthesized, provider, schema)).toEqual([]);
  });
});

test('an argument that does not exist, a wrong type, a missing argument and one block too many are found', () => {
  const json = {
    resource: {
      google_storage_bucket: {
        models: { name: 5, force_destroy: true, size: 1, versioning: [{ enabled: true }, { enabled: false }] },
      },
    },
  };
  expect(schemaFaults({ json } as never, 'google', readSchema('google-6.50.0')).sort()).toEqual([
    'google_storage_bucket.models.location: required',
    'google_storage_bucket.models.name is no string',
    'google_storage_bucket.models.size: no such argument',
    'google_storage_bucket.models.versioning: 2 blocks, not 0 to 1',
  ]);
});
