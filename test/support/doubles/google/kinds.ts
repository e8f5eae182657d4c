import type { Method } from '../../google-apis/apis.js';
import type { ClusterApi } from '../kubernetes.js';
import { artifactRegistry } from './artifact-registry.js';
import { cloudBuild } from './cloud-build.js';
import { cloudRun } from './cloud-run.js';
import { compute } from './compute.js';
import { gke } from './gke.js';
import { iam } from './iam.js';
import { logging } from './logging.js';
import { monitoring } from './monitoring.js';
import { services } from './services.js';
import { storage } from './storage.js';
import { type GoogleStore, type Json, Refusal } from './store.js';
import { vertex } from './vertex.js';

/** Request to an API. */
export interface Call {
  readonly store: GoogleStore;
  /** API of Kubernetes that every cluster has. Undefined if the double has none. */
  readonly kubernetes?: ClusterApi;
  readonly host: string;
  /** Key of the resource or collection of the path. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Json;
}

/** What Google does with resources of one kind beyond storing them. */
export interface Kind {
  /** Id of a new resource. @default - the query parameter that ends in `Id`, the body's `name`, or a number */
  readonly id?: (call: Call) => string;
  /** Resource in the body of the request that creates it. @default - the body */
  readonly from?: (body: Json) => Json;
  /** Whether `name` is the id alone. @default - it is the path */
  readonly isShort?: boolean;
  /** Sets what Google sets, on each create and update. */
  readonly complete?: (resource: Json, call: Call, before?: Json) => void;
  /** Throws {@link Refusal} for what Google rejects. */
  readonly check?: (resource: Json, call: Call, before?: Json) => void;
  /** Deletes in another way than removing the resource. */
  readonly remove?: (resource: Json, call: Call) => void;
}

/** Kinds by method id without the verb. */
const KINDS: { readonly [id: string]: Kind } = {
  ...artifactRegistry.kinds,
  ...cloudRun.kinds,
  ...compute.kinds,
  ...gke.kinds,
  ...iam.kinds,
  ...logging.kinds,
  ...monitoring.kinds,
  ...storage.kinds,
  ...vertex.kinds,
};

/** Methods that are more than create, read, update and delete, by method id. */
const METHODS: { readonly [id: string]: (call: Call) => Json } = {
  ...cloudBuild.methods,
  ...compute.methods,
  ...gke.methods,
  ...iam.methods,
  ...logging.methods,
  ...services.methods,
  ...storage.methods,
  ...vertex.methods,
};

/** Requests that no discovery document of ours has, by method and path. */
export const SPECIAL: { readonly [request: string]: (call: Call) => Json } = {
  'GET cloudbilling.googleapis.com/projects/*/billingInfo': () => ({ billingEnabled: true }),
};

/** Does what a method does, and returns the resource. */
export function respond(call: Call & { readonly method: Method }): Json {
  const { id } = call.method;
  const method = METHODS[id];
  if (method) return method(call);
  const [, collection, verb] = /^(.*)\.(\w+)$/.exec(id)!;
  const kind = KINDS[collection!] ?? (id.startsWith('compute.') ? compute.any : {});
  const { store, key, body } = call;
  switch (verb) {
    case 'create':
    case 'createAsync':
    case 'insert':
      return create(kind, call);
    case 'get':
      return store.get(key);
    case 'list':
      return { [key.split('/').at(-1)!]: store.list(key) };
    case 'patch':
    case 'update':
    case 'updateAsync':
      return update(kind, call, verb);
    case 'delete': {
      const resource = store.get(key);
      if (kind.remove) kind.remove(resource, call);
      else store.delete(key);
      return {};
    }
    case 'getIamPolicy':
      return store.policy(policyKey(key));
    case 'setIamPolicy':
      return store.setPolicy(policyKey(key), call.host.startsWith('storage.') ? body : body.policy);
    case 'testIamPermissions':
      return { permissions: body.permissions };
    default:
      throw new Refusal(501, `the double does not know ${id}`);
  }
}

/** Cloud Storage has the policy of a bucket under the bucket. */
function policyKey(key: string): string {
  return key.replace(/(?<=^storage\.googleapis\.com\/b\/[^/]+)\/iam$/, '');
}

function create(kind: Kind, call: Call): Json {
  const { store, key: collection, query } = call;
  const body = kind.from?.(call.body) ?? call.body;
  const named = [...query.keys()].find((name) => camelCase(name).endsWith('Id'));
  const id = kind.id?.(call) ?? (named ? query.get(named)! : (body.name ?? `${store.next()}`));
  const key = `${collection}/${id}`;
  // https://cloud.google.com/apis/design/errors#handling_errors
  if (store.resources.has(key)) throw new Refusal(409, `Resource '${key}' already exists.`);
  const path = key.slice(call.host.length + 1);
  const now = new Date().toISOString();
  const resource = { ...body, name: kind.isShort ? id : path, createTime: now, updateTime: now };
  kind.check?.(resource, { ...call, key });
  kind.complete?.(resource, { ...call, key });
  store.resources.set(key, resource);
  return resource;
}

function update(kind: Kind, call: Call, verb: string): Json {
  const { store, key, query } = call;
  const body = kind.from?.(call.body) ?? call.body;
  const before = store.get(key);
  const mask = query.get('updateMask')?.split(',');
  // Without a mask, PATCH of these APIs replaces the fields that are present, and PUT all of them.
  const given = mask ? Object.fromEntries(mask.map((path) => [top(path), body[top(path)]])) : body;
  const kept = verb === 'update' && !mask && call.host.startsWith('logging.') ? {} : before;
  const resource = { ...kept, ...given, name: before.name, updateTime: new Date().toISOString() };
  for (const [name, value] of Object.entries(resource)) {
    if (value === null || value === undefined) delete resource[name];
  }
  kind.check?.(resource, call, before);
  kind.complete?.(resource, call, before);
  store.resources.set(key, resource);
  return resource;
}

/** The first part of a path in a field mask. */
function top(path: string): string {
  return camelCase(path.split('.')[0]!);
}

/** Google accepts names of fields and parameters in snake case too. */
export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}
