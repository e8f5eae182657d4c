import { APIS } from '../../google-apis/apis.js';

// biome-ignore lint/suspicious/noExplicitAny: a resource is whatever JSON its API has
export type Json = any;

/** Response that Google gives to a request that it rejects. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Binding of an IAM policy. */
interface Binding {
  readonly role: string;
  readonly members: readonly string[];
}

/** Key of the workload identity pool of a project. */
export function workloadPool(project: string): string {
  return `iam.googleapis.com/workloadPools/${project}`;
}

/** Resources of a project by key: host and path without the version, as in `run.googleapis.com/projects/p/…`. */
export class GoogleStore {
  readonly resources = new Map<string, Json>();
  readonly policies = new Map<string, { etag: string; bindings: Binding[] }>();
  /** Service agents that Google created. It creates most of them at the first use of a service. */
  readonly agents = new Set<string>();
  /** Limits of the project, as a project has them until its owner requests more. */
  readonly quotas = {
    /** GPUs of Cloud Run in a region, without zonal redundancy: https://cloud.google.com/run/quotas#gpu */
    cloudRunGpus: 3,
  };
  /** Services that are enabled: at first all that the double has. */
  enabled = new Set(Object.values(APIS).map(({ host }) => host));
  private serial = 0;

  constructor(
    readonly project: string,
    readonly projectNumber: string,
  ) {
    const key = `cloudresourcemanager.googleapis.com/projects/${project}`;
    this.give(key, { projectId: project, projectNumber, name: project, lifecycleState: 'ACTIVE' });
    for (const path of ['global/networks/default', 'regions/europe-west4/subnetworks/default']) {
      this.give(`compute.googleapis.com/projects/${project}/${path}`, { name: 'default' });
    }
  }

  /** Adds a resource that exists before and after every stack. */
  give(key: string, resource: Json): void {
    this.resources.set(key, { ...resource, given: true });
  }

  next(): number {
    return ++this.serial;
  }

  /** A number of 19 digits, as many APIs give their resources. */
  nextId(): string {
    return `1${`${this.next()}`.padStart(18, '0')}`;
  }

  get(key: string): Json {
    const found = this.resources.get(key);
    if (found === undefined) throw new Refusal(404, `${key} was not found`);
    return found;
  }

  /** Resources directly in a collection. */
  list(collection: string): Json[] {
    return this.keys(collection).map((key) => this.resources.get(key));
  }

  keys(collection: string): string[] {
    return [...this.resources.keys()].filter(
      (key) => key.startsWith(`${collection}/`) && !key.slice(collection.length + 1).includes('/'),
    );
  }

  /** Deletes a resource with everything in it. */
  delete(key: string): void {
    for (const each of [...this.resources.keys()]) {
      if (each === key || each.startsWith(`${key}/`)) this.resources.delete(each);
    }
    this.policies.delete(key);
  }

  policy(key: string): { etag: string; bindings: Binding[] } {
    return this.policies.get(key) ?? { etag: 'BwAAAAAAAAA=', bindings: [] };
  }

  setPolicy(key: string, { etag, bindings = [] }: { etag?: string; bindings?: Binding[] }): Json {
    const current = this.policy(key);
    // https://cloud.google.com/iam/docs/policies#etag
    if (etag !== undefined && etag !== current.etag) {
      throw new Refusal(409, 'There were concurrent policy changes. Please retry the whole read-modify-write.');
    }
    for (const member of bindings.flatMap(({ members }) => members)) this.checkMember(member);
    const next = { etag: Buffer.from(`${this.next()}`.padStart(8, '0')).toString('base64'), bindings };
    this.policies.set(key, next);
    return next;
  }

  /** Whether a member has a role on a resource or on the project. */
  hasRole(member: string, role: string, key: string): boolean {
    return [key, `cloudresourcemanager.googleapis.com/projects/${this.project}`].some((each) =>
      this.policy(each).bindings.some((binding) => binding.role === role && binding.members.includes(member)),
    );
  }

  serviceAccount(email: string): Json | undefined {
    return this.resources.get(`iam.googleapis.com/projects/${this.project}/serviceAccounts/${email}`);
  }

  /** https://cloud.google.com/iam/docs/policies: a policy must not name service accounts that do not exist. */
  private checkMember(member: string): void {
    const [, email] = /^serviceAccount:(.+)$/.exec(member) ?? [];
    if (email === undefined) return;
    const isAgent = /@(gcp-sa-[\w-]+|[\w-]+-robot(-prod)?|compute-system|gs-project-accounts)\.iam\./.test(email);
    const [, pool] = /^([^@[\]]+)\.svc\.id\.goog\[/.exec(email) ?? [];
    // https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity: the first cluster creates the pool.
    if (pool !== undefined && !this.resources.has(workloadPool(pool))) {
      throw new Refusal(400, `Identity Pool does not exist (${pool}.svc.id.goog).`);
    }
    const exists = isAgent
      ? this.agents.has(email) || this.isDefaultAgent(email)
      : pool !== undefined || !email.endsWith(`@${this.project}.iam.gserviceaccount.com`) || this.serviceAccount(email);
    if (!exists) throw new Refusal(400, `Service account ${email} does not exist.`);
  }

  /** Compute Engine creates its agent when it is enabled: https://cloud.google.com/compute/docs/access/service-accounts */
  private isDefaultAgent(email: string): boolean {
    return (
      this.enabled.has('compute.googleapis.com') &&
      email === `service-${this.projectNumber}@compute-system.iam.gserviceaccount.com`
    );
  }
}
