import type { ClusterApi } from '../kubernetes.js';
import { clusterActions } from './aks.js';
import { ACTIONS, type Action, KINDS, type Kind } from './kinds.js';
import type { Request, Response } from './server.js';
import { type AzureStore, type Json, Refusal, typeOf } from './store.js';

/** Azure Resource Manager: https://learn.microsoft.com/azure/azure-resource-manager/management/overview */
export class Arm {
  private readonly actions: { readonly [name: string]: Action };

  /** @param kubernetes API of the clusters. Without it, none can be reached. */
  constructor(
    private readonly store: AzureStore,
    kubernetes?: ClusterApi,
  ) {
    this.actions = { ...ACTIONS, ...clusterActions(kubernetes) };
    store.give(`/subscriptions/${store.subscription}`, {
      subscriptionId: store.subscription,
      tenantId: store.tenant,
      displayName: 'local',
    });
  }

  answer(request: Request): Response {
    const { method, path, body } = request;
    if (/^\/subscriptions\/[^/]+\/providers$/i.test(path)) return { status: 200, body: { value: [] } };
    const action = this.action(request);
    if (action) return action;
    const [, definition] = /\/providers\/microsoft\.authorization\/roledefinitions\/([^/]+)$/i.exec(path) ?? [];
    const roleName = definition && builtInRoleName(definition);
    if (method === 'GET' && roleName) return { status: 200, body: builtIn(roleName) };
    const scoped = /^(.*)\/providers\/microsoft\.authorization\/roledefinitions$/i.exec(path);
    if (method === 'GET' && scoped) return { status: 200, body: { value: this.roleDefinitions(request, scoped[1]!) } };
    if (method === 'GET' && isCollection(path)) return { status: 200, body: { value: this.listed(request) } };
    const kind = KINDS[typeOf(path)] ?? {};
    switch (method) {
      case 'HEAD':
        return { status: this.store.has(path) ? 204 : 404 };
      case 'GET':
        return { status: 200, body: visible(this.find(path, kind)) };
      case 'PUT':
        return this.put(request, kind);
      case 'PATCH': {
        const before = this.find(path, kind);
        return this.stored(path, merged(before, body), kind, before);
      }
      case 'DELETE':
        return this.remove(path, kind);
      default:
        throw new Refusal(405, 'MethodNotAllowed', `${method} ${path}`);
    }
  }

  /** POST requests: `listKeys` and the like. */
  private action({ method, path, body, query }: Request): Response | undefined {
    if (method !== 'POST') return undefined;
    const [, id, name] = /^(.*)\/([^/]+)$/.exec(path)!;
    const act = this.actions[`${typeOf(id!)}/${name}`.toLowerCase()] ?? this.actions[`*/${name}`.toLowerCase()];
    if (!act) throw new Refusal(404, 'NotFound', `the double does not know the action ${typeOf(id!)}/${name}`);
    const result = act({ store: this.store, id: id!, body, query });
    return { status: 200, body: result ?? {} };
  }

  /** A resource, or a part that exists by default. */
  private find(id: string, kind: Kind): Json {
    const found = this.store.find(id);
    if (found) return found;
    const parent = id.replace(/\/[^/]+\/[^/]+$/, '');
    if (kind.byDefault && this.store.has(parent)) {
      const resource = { id, name: id.split('/').at(-1), type: typeOf(id), properties: {}, isPart: true };
      kind.complete?.(resource, { store: this.store, id });
      return resource;
    }
    return this.store.get(id);
  }

  private put({ path, body }: Request, kind: Kind): Response {
    this.checkParents(path);
    const before = this.store.find(path);
    const key = `${typeOf(path)}/${path.split('/').at(-1)}`.toLowerCase();
    if (!before && this.store.softDeleted.has(key) && body.properties?.createMode !== 'recover') {
      throw new Refusal(409, 'ConflictError', `Soft-deleted resource ${key} exists. Please purge or recover it.`);
    }
    return this.stored(path, { ...body }, kind, before);
  }

  private stored(id: string, given: Json, kind: Kind, before?: Json): Response {
    const resource = {
      ...given,
      id,
      name: id.split('/').at(-1),
      type: typeOf(id),
      properties: { ...given.properties },
    };
    const call = { store: this.store, id, before };
    kind.check?.(resource, call);
    if (kind.hasState !== false) resource.properties.provisioningState = 'Succeeded';
    if (resource.identity) resource.identity = identity(resource.identity, before?.identity, this.store);
    kind.complete?.(resource, call);
    this.store.set(id, resource);
    kind.created?.(resource, call);
    return { status: kind.createdStatus && !before ? kind.createdStatus : 200, body: visible(resource) };
  }

  private remove(id: string, kind: Kind): Response {
    const found = this.store.find(id);
    if (!found) return { status: 204 };
    kind.checkDelete?.(found, { store: this.store, id });
    if (kind.isSoftDeleted) this.store.softDeleted.set(`${typeOf(id)}/${found.name}`.toLowerCase(), found);
    kind.deleted?.(found, { store: this.store, id });
    this.store.delete(id);
    return { status: kind.deletedStatus ?? 200 };
  }

  /** https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found */
  private checkParents(id: string): void {
    const [, group] = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\//i.exec(id) ?? [];
    // Groups of identifiers that a stack is given exist.
    const isGiven = group && /\/(shared|given)$/i.test(group);
    if (group && !isGiven && !this.store.has(group)) {
      throw new Refusal(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
    }
    const scope = /^(.*)\/providers\/[^/]+\/[^/]+\/[^/]+$/.exec(id)?.[1];
    const parent = scope && !id.endsWith(scope) && /\/providers\//i.test(scope) ? scope : undefined;
    const nested = /^(.*\/providers\/[^/]+\/[^/]+\/[^/]+.*)\/[^/]+\/[^/]+$/.exec(id)?.[1];
    const needed = parent ?? (nested?.includes('/providers/') ? nested : undefined);
    // Azure ML creates the container of versions with the first version.
    const isVersion = /\/versions\/[^/]+$/i.test(id);
    if (!needed || isVersion || isGiven || /\/(shared|given)\//i.test(needed)) return;
    const kind = KINDS[typeOf(needed)] ?? {};
    try {
      this.find(needed, kind);
    } catch {
      throw new Refusal(
        404,
        'ParentResourceNotFound',
        `Failed to perform 'write' on ${id}: parent ${needed} not found.`,
      );
    }
  }

  private listed({ path, query }: Request): Json[] {
    const [, scope] = /^(.*?)(?:\/providers\/[^/]+)?\/[^/]+$/i.exec(path)!;
    if (/\/resources$/i.test(path)) {
      const [, type] = /resourceType eq '([^']+)'/i.exec(query.get('$filter') ?? '') ?? [];
      return this.store
        .all()
        .filter(({ id }) => `${id}`.toLowerCase().startsWith(`${scope!.toLowerCase()}/`))
        .filter(({ id }) => type === undefined || typeOf(id) === type.toLowerCase())
        .map(visible);
    }
    return this.store.list(scope!, typeOf(`${path}/x`)).map(visible);
  }

  private roleDefinitions({ query }: Request, scope: string): Json[] {
    const [, name] = /roleName eq '([^']+)'/.exec(query.get('$filter') ?? '') ?? [];
    const own = this.store.list(scope, 'microsoft.authorization/roledefinitions');
    if (name === undefined) return own;
    const found = own.find(({ properties }) => properties.roleName === name);
    return [found ?? builtIn(name) ?? []].flat();
  }
}

/** Ids of built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const BUILT_IN_ROLES: Readonly<Record<string, string>> = {
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  'Azure AI Enterprise Network Connection Approver': 'b556d68e-0be0-4f35-a333-ad7ee1ce17ea',
  'Azure Kubernetes Service RBAC Cluster Admin': 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
  'Container Apps Jobs Operator': 'b9a307c4-5aa3-4b52-ba60-2b17c136cd7b',
  'Key Vault Crypto Service Encryption User': 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
  'Key Vault Reader': '21090545-7ca7-4776-b22c-e363652d74d2',
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
  'Monitoring Data Reader': 'b0d8363b-8ddd-447d-831f-62ca05bff136',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
  'Network Contributor': '4d97b98b-1d4f-4787-a291-c67834d212e7',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
};

function builtIn(roleName: string): Json | undefined {
  const name = BUILT_IN_ROLES[roleName];
  if (!name) return undefined;
  return {
    id: `/providers/Microsoft.Authorization/roleDefinitions/${name}`,
    name,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: { roleName, type: 'BuiltInRole', permissions: [], assignableScopes: ['/'] },
  };
}

/** Name of the built-in role with an id. */
export function builtInRoleName(uuid: string): string | undefined {
  return Object.entries(BUILT_IN_ROLES).find(([, id]) => id === uuid)?.[0];
}

function isCollection(path: string): boolean {
  const [, rest] = /\/providers\/[^/]+\/(.*)$/i.exec(path.replace(/^.*(?=\/providers\/)/i, '')) ?? [];
  if (rest !== undefined) return rest.split('/').length % 2 === 1;
  return /\/(resourceGroups|resources)$/i.test(path);
}

/** https://datatracker.ietf.org/doc/html/rfc7396 */
export function merged(before: Json, patch: Json): Json {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

/** Managed identities with what Microsoft Entra gives them. */
function identity(given: Json, before: Json | undefined, store: AzureStore): Json {
  const result = { ...given };
  if (/SystemAssigned/i.test(given.type)) {
    result.principalId = before?.principalId ?? store.uuid();
    result.tenantId = store.tenant;
  }
  if (given.userAssignedIdentities) {
    result.userAssignedIdentities = Object.fromEntries(
      Object.keys(given.userAssignedIdentities).map((id) => {
        const { principalId, clientId } = store.get(id).properties;
        return [id, { principalId, clientId }];
      }),
    );
  }
  return result;
}

/** A resource without what Azure does not return. */
function visible({ isPart: _, secrets: __, ...resource }: Json): Json {
  return resource;
}
