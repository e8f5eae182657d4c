import type { TerraformStack } from 'cdktf';
import { describe, expect, test } from 'vitest';
import {
  BatchCompute,
  BatchModel,
  ContainerModel,
  Gpu,
  ManagedEndpointModel,
  ServerlessModel,
  WebAcl,
} from '../../../lib/gcp/index.js';
import { Access } from '../../../lib/serving/access.js';
import { googleStack, KEY, minimal, template } from '../gcp/support.js';
import { readSchema, schemaFaults } from './provider-schema.js';

const STACKS: readonly [string, (stack: TerraformStack) => unknown][] = [
  ['a service of Cloud Run', (stack) => new ServerlessModel(stack, 'Iris', minimal)],
  [
    'a service of Cloud Run that anyone may call, with a key of the customer',
    (stack) => new ServerlessModel(stack, 'Iris', { ...minimal, access: Access.anonymous(), encryptionKey: KEY }),
  ],
  [
    'a service of Cloud Run with secrets',
    (stack) => new ServerlessModel(stack, 'Iris', { ...minimal, secrets: { HF_TOKEN: 'hub-token' } }),
  ],
  [
    'a service of Cloud Run with a domain and a web ACL',
    (stack) =>
      new ServerlessModel(stack, 'Iris', { ...minimal, domainName: 'iris.example.com', webAcl: WebAcl.managed() }),
  ],
  ['a GKE cluster', (stack) => new ContainerModel(stack, 'Iris', minimal)],
  [
    'pods on GKE with secrets',
    (stack) =>
      new ContainerModel(stack, 'Iris', {
        ...minimal,
        secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } },
        targetConcurrency: 8,
      }),
  ],
  [
    'a job of Cloud Run',
    (stack) =>
      new BatchModel(stack, 'Batch', {
        compute: BatchCompute.job({ model: minimal.model, image: minimal.image, gpu: Gpu.nvidiaL4() }),
        region: minimal.region,
        inputBucket: 'rows',
        encryptionKey: KEY,
        alarmActions: ['projects/project-a/notificationChannels/1'],
      }).grantStart('user:a@example.com'),
  ],
  ['an endpoint of Vertex AI', (stack) => new ManagedEndpointModel(stack, 'Iris', minimal)],
  [
    'an endpoint of Vertex AI whose image is built, with replicas that scale',
    (stack) =>
      new ManagedEndpointModel(stack, 'Iris', { ...minimal, image: undefined, minReplicas: 1, maxReplicas: 4 }),
  ],
];

const SYNTHESIZED = STACKS.map(([name, make]) => {
  const stack = googleStack();
  make(stack);
  return { name, synthesized: { json: template(stack) } };
});

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
