import type { Call, Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** https://cloud.google.com/compute/docs/naming-resources */
const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What every resource of Compute Engine has: https://cloud.google.com/compute/docs/reference/rest/v1 */
const resource: Kind = {
  isShort: true,
  check({ name }) {
    if (!NAME.test(name)) throw new Refusal(400, `Invalid value for field 'resource.name': '${name}'.`);
  },
  complete: completed,
  remove(_, { store, key }) {
    const { selfLink } = store.get(key);
    // https://cloud.google.com/compute/docs/troubleshooting/general-tips
    const user = [...store.resources].find(
      ([each, value]) => each !== key && JSON.stringify(value).includes(`"${selfLink}"`),
    );
    if (user) throw new Refusal(400, `The resource '${key}' is already being used by '${user[0]}'`);
    store.delete(key);
  },
};

function completed(value: Json, { store, key }: Call, before?: Json): void {
  const [, path] = /^compute\.googleapis\.com\/(.*)$/.exec(key)!;
  const [, region] = /\/regions\/([^/]+)\//.exec(path!) ?? [];
  Object.assign(value, {
    id: before?.id ?? store.nextId(),
    creationTimestamp: before?.creationTimestamp ?? new Date().toISOString(),
    selfLink: `https://www.googleapis.com/compute/v1/${path}`,
    fingerprint: Buffer.from(`${store.next()}`.padStart(8, '0')).toString('base64'),
    ...(region ? { region: `https://www.googleapis.com/compute/v1/projects/${store.project}/regions/${region}` } : {}),
  });
}

function kind(complete: (value: Json, call: Call) => void): Kind {
  return {
    ...resource,
    complete(value, call, before) {
      completed(value, call, before);
      complete(value, call);
    },
  };
}

const router = kind((value) => {
  value.nats = value.nats?.map((nat: Json) => ({
    enableDynamicPortAllocation: false,
    enableEndpointIndependentMapping: false,
    endpointTypes: ['ENDPOINT_TYPE_VM'],
    autoNetworkTier: 'PREMIUM',
    type: 'PUBLIC',
    ...nat,
  }));
});

const address = kind((value) => {
  Object.assign(value, { address: '203.0.113.10', addressType: value.addressType ?? 'EXTERNAL', status: 'RESERVED' });
});

/** A method that sets fields of the resource in whose path it is. */
function setting(fieldsOf: (body: Json) => Json): (call: Call) => Json {
  return ({ store, key, body }) => Object.assign(store.get(key.replace(/\/\w+$/, '')), fieldsOf(body));
}

const setLabels = setting(({ labels }) => ({ labels }));

export const compute: {
  /** What kinds of Compute Engine do that have no entry of their own. */
  readonly any: Kind;
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  any: resource,
  kinds: { 'compute.routers': router, 'compute.globalAddresses': address },
  methods: {
    'compute.backendServices.setSecurityPolicy': setting(({ securityPolicy }) => ({ securityPolicy })),
    'compute.globalAddresses.setLabels': setLabels,
    'compute.globalForwardingRules.setLabels': setLabels,
    'compute.securityPolicies.setLabels': setLabels,
  },
};
