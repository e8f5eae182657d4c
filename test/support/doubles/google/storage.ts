import { createHash } from 'node:crypto';
import type { Call, Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** https://cloud.google.com/storage/docs/buckets#naming */
const BUCKET_NAME = /^(?!goog|.*google)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;

const bucket: Kind = {
  isShort: true,
  check({ name }) {
    if (!BUCKET_NAME.test(name)) throw new Refusal(400, `Invalid bucket name: '${name}'`);
  },
  complete(resource, { store }, before) {
    const { uniformBucketLevelAccess = { enabled: false } } = resource.iamConfiguration ?? {};
    Object.assign(resource, {
      kind: 'storage#bucket',
      id: resource.name,
      projectNumber: store.projectNumber,
      location: (resource.location ?? 'US').toUpperCase(),
      locationType: 'region',
      storageClass: resource.storageClass ?? 'STANDARD',
      metageneration: `${Number(before?.metageneration ?? 0) + 1}`,
      timeCreated: before?.timeCreated ?? new Date().toISOString(),
      updated: new Date().toISOString(),
      etag: `${store.next()}`,
      iamConfiguration: {
        publicAccessPrevention: 'inherited',
        ...resource.iamConfiguration,
        uniformBucketLevelAccess,
        bucketPolicyOnly: uniformBucketLevelAccess,
      },
      // Every new bucket has it: https://cloud.google.com/storage/docs/soft-delete
      softDeletePolicy: resource.softDeletePolicy ?? {
        retentionDurationSeconds: '604800',
        effectiveTime: new Date().toISOString(),
      },
      hierarchicalNamespace: { enabled: false },
    });
  },
  remove(_, { store, key }) {
    // https://cloud.google.com/storage/docs/deleting-buckets
    if (store.keys(`${key}/o`).length > 0) throw new Refusal(409, 'The bucket you tried to delete is not empty.');
    store.delete(key);
  },
};

/** Object names contain slashes, which the key must not. */
function insert({ store, key, body, query }: Call): Json {
  const name = query.get('name') ?? body.name;
  const [, bucketName] = /\/b\/([^/]+)\/o$/.exec(key)!;
  store.get(key.replace(/\/o$/, ''));
  const content: Buffer = body.content ?? Buffer.alloc(0);
  const { content: _, ...given } = body;
  const object = {
    ...given,
    kind: 'storage#object',
    id: `${bucketName}/${name}/1`,
    name,
    bucket: bucketName,
    generation: `${store.next()}`,
    metageneration: '1',
    size: `${content.length}`,
    md5Hash: createHash('md5').update(content).digest('base64'),
    crc32c: 'AAAAAA==',
    storageClass: 'STANDARD',
    contentType: given.contentType ?? 'application/octet-stream',
    timeCreated: new Date().toISOString(),
    updated: new Date().toISOString(),
    selfLink: `https://www.googleapis.com/storage/v1/b/${bucketName}/o/${encodeURIComponent(name)}`,
    mediaLink: `https://storage.googleapis.com/download/storage/v1/b/${bucketName}/o/${encodeURIComponent(name)}`,
  };
  store.resources.set(objectKey(key, name), object);
  return object;
}

function objectKey(collection: string, name: string): string {
  return `${collection}/${encodeURIComponent(name)}`;
}

function ofObject(act: (call: Call, key: string) => Json) {
  return (call: Call) => {
    const [, collection, name] = /^(.*?\/b\/[^/]+\/o)\/(.*)$/.exec(call.key)!;
    return act(call, objectKey(collection!, name!));
  };
}

export const storage: {
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  kinds: { 'storage.buckets': bucket },
  methods: {
    'storage.anywhereCaches.list': () => ({ kind: 'storage#anywhereCaches', items: [] }),
    'storage.objects.insert': insert,
    'storage.objects.list': ({ store, key }) => ({ kind: 'storage#objects', items: store.list(key) }),
    'storage.objects.get': ofObject(({ store }, key) => store.get(key)),
    'storage.objects.delete': ofObject(({ store }, key) => {
      store.get(key);
      store.delete(key);
      return undefined;
    }),
    'storage.projects.serviceAccount.get': ({ store }) => {
      const email = `service-${store.projectNumber}@gs-project-accounts.iam.gserviceaccount.com`;
      store.agents.add(email);
      return { kind: 'storage#serviceAccount', email_address: email };
    },
  },
};
