// biome-ignore lint/suspicious/noExplicitAny: a resource is whatever JSON its API has
export type Json = any;

/** Response that Azure gives to a request that it rejects. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Keys of each storage account. */
export const ACCOUNT_KEYS = ['key1', 'key2'].map((keyName) => ({
  keyName,
  value: Buffer.alloc(64, keyName).toString('base64'),
}));

/** Type of a resource id in lower case, such as `microsoft.storage/storageaccounts`. */
export function typeOf(id: string): string {
  const [, namespace, rest] = /^.*\/providers\/([^/]+)\/(.*)$/i.exec(id) ?? [];
  if (namespace === undefined) return /\/resourcegroups\/[^/]+$/i.test(id) ? 'microsoft.resources/resourcegroups' : '';
  const kinds = rest!.split('/').filter((_, index) => index % 2 === 0);
  return [namespace, ...kinds].join('/').toLowerCase();
}

/** Resources of a subscription, by id. Ids are compared without case. */
export class AzureStore {
  private readonly resources = new Map<string, Json>();
  /** Names that a deleted resource keeps, by type and name. */
  readonly softDeleted = new Map<string, Json>();
  /** Limits of the subscription. New subscriptions have none of these vCPUs until the owner requests them. */
  readonly quotas = { gpuVcpus: 64 };
  /** Builds of images: whether they fail, and the links to contexts that registries downloaded, in order. */
  readonly builds = { areFailing: false, links: [] as string[] };
  private serial = 0;

  constructor(
    readonly subscription: string,
    readonly tenant: string,
    /** Object id of the identity that applies. */
    readonly deployer: string,
  ) {}

  next(): number {
    return ++this.serial;
  }

  uuid(): string {
    return `00000000-0000-4000-9000-${`${this.next()}`.padStart(12, '0')}`;
  }

  has(id: string): boolean {
    return this.resources.has(id.toLowerCase());
  }

  find(id: string): Json | undefined {
    return this.resources.get(id.toLowerCase());
  }

  get(id: string): Json {
    const found = this.find(id);
    if (!found) throw new Refusal(404, 'ResourceNotFound', `The Resource '${id}' was not found.`);
    return found;
  }

  set(id: string, resource: Json): void {
    this.resources.set(id.toLowerCase(), resource);
  }

  /** Adds a resource that exists without the stack. */
  give(id: string, resource: Json): void {
    this.set(id, { ...resource, id, name: id.split('/').at(-1), type: typeOf(id), given: true });
  }

  /** Deletes a resource with everything in it, role assignments too. */
  delete(id: string): void {
    const key = id.toLowerCase();
    for (const each of [...this.resources.keys()]) {
      if (each === key || each.startsWith(`${key}/`)) this.resources.delete(each);
    }
  }

  /** Ids of resources of a type below a scope. */
  list(scope: string, type: string): Json[] {
    const prefix = `${scope.toLowerCase()}/`;
    return [...this.resources.values()].filter(
      ({ id }) => `${id}`.toLowerCase().startsWith(prefix) && typeOf(id) === type.toLowerCase(),
    );
  }

  all(): Json[] {
    return [...this.resources.values()];
  }

  /** Whether an identity has one of the roles on a resource or above it. */
  hasRole(principalId: string, roles: readonly string[], scope: string): boolean {
    return this.all().some(
      ({ id, properties }) =>
        typeOf(id) === 'microsoft.authorization/roleassignments' &&
        properties.principalId === principalId &&
        roles.includes(properties.roleName) &&
        `${scope}/`.toLowerCase().startsWith(`${properties.scope}/`.toLowerCase()),
    );
  }
}
