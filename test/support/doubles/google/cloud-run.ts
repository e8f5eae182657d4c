import type { Call, Kind } from './kinds.js';
import { type GoogleStore, type Json, Refusal } from './store.js';

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service: lower case, at most 49. */
const NAME = /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/;

/** A template with what Google adds: https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate */
function withDefaults(template: Json): Json {
  const containers = template.containers.map((container: Json) => ({
    ...container,
    ports: (container.ports ?? [{ containerPort: 8080 }]).map((port: Json) => ({
      ...port,
      name: port.name || 'http1',
    })),
  }));
  return { maxInstanceRequestConcurrency: 80, timeout: '300s', ...template, containers };
}

/** A template in a form that is equal for equal configurations: without defaults and order. */
function normalized(template: Json): string {
  const sorted = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([name, each]) => [name, sorted(each)] as const);
    const kept = entries.filter(([, each]) => each && (typeof each !== 'object' || Object.keys(each).length > 0));
    return Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
  return JSON.stringify(sorted(withDefaults(template)));
}

function check(service: Json, { store, key }: Call): void {
  const id = key.split('/').at(-1)!;
  if (!NAME.test(id)) throw new Refusal(400, `Violation in CreateServiceRequest.service_id: ${id}`);
  const { template } = service;
  if (template.revision) {
    // Revision names start with the service's: https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate
    if (!template.revision.startsWith(`${id}-`) || template.revision.length > 63) {
      throw new Refusal(
        400,
        `Revision name must be prefixed by the name of the enclosing Service: ${template.revision}`,
      );
    }
    // The name of a revision is taken for good: https://github.com/hashicorp/terraform-provider-google/issues/14569
    const existing = store.resources.get(`${key}/revisions/${template.revision}`);
    if (existing && existing.template !== normalized(template)) {
      throw new Refusal(409, `Revision named '${template.revision}' with different configuration already exists.`);
    }
  }
  checkAccount(template, store);
  checkGpus(template, store.quotas.cloudRunGpus);
  // https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#split-traffic
  const shares = (service.traffic ?? []).map(({ percent = 0 }: Json) => percent);
  if (shares.length > 0 && shares.reduce((sum: number, each: number) => sum + each, 0) !== 100) {
    throw new Refusal(400, 'Violation in Service.traffic: must sum to 100');
  }
  for (const { revision } of service.traffic ?? []) {
    const known = revision === template.revision || store.resources.has(`${key}/revisions/${revision}`);
    if (revision && !known) throw new Refusal(400, `Revision ${revision} was not found in the service`);
  }
  checkVolumes(template, store, `Revision '${template.revision}'`);
}

/** The mount of a bucket fails if the identity cannot read: https://cloud.google.com/run/docs/configuring/services/cloud-storage-volume-mounts */
function checkVolumes(template: Json, store: GoogleStore, what: string): void {
  for (const { gcs } of template.volumes ?? []) {
    if (!gcs) continue;
    const bucket = `storage.googleapis.com/b/${gcs.bucket}`;
    if (!store.resources.has(bucket)) throw new Refusal(400, `bucket ${gcs.bucket} does not exist`);
    if (!store.hasRole(`serviceAccount:${template.serviceAccount}`, 'roles/storage.objectViewer', bucket)) {
      throw new Refusal(
        400,
        `${what} is not ready: mounting gs://${gcs.bucket} was denied to ${template.serviceAccount}`,
      );
    }
  }
}

/** Every instance that a service may have counts: https://cloud.google.com/run/docs/configuring/services/gpu#quota */
function checkGpus({ containers, scaling }: Json, quota: number): void {
  const gpus = containers.reduce(
    (sum: number, { resources }: Json) => sum + Number(resources?.limits?.['nvidia.com/gpu'] ?? 0),
    0,
  );
  const requested = gpus * (scaling?.maxInstanceCount ?? 100);
  if (requested <= quota) return;
  throw new Refusal(
    400,
    `Quota violated: NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion requested: ${requested} allowed: ${quota}`,
  );
}

/** https://cloud.google.com/run/docs/configuring/services/service-identity. The message does not tell whether it exists. */
function checkAccount({ serviceAccount: account }: Json, store: GoogleStore): void {
  if (account && !store.serviceAccount(account)) {
    throw new Refusal(
      403,
      `Permission 'iam.serviceaccounts.actAs' denied on service account ${account} (or it may not exist).`,
    );
  }
}

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs#Job */
const job: Kind = {
  check({ template }, { store, key }) {
    const id = key.split('/').at(-1)!;
    if (!NAME.test(id)) throw new Refusal(400, `Violation in CreateJobRequest.job_id: ${id}`);
    checkAccount(template.template, store);
    checkVolumes(template.template, store, `Job '${id}'`);
  },
  complete(resource, { store }, before) {
    Object.assign(resource, {
      uid: before?.uid ?? `uid-${store.next()}`,
      generation: `${Number(before?.generation ?? 0) + 1}`,
      observedGeneration: `${Number(before?.generation ?? 0) + 1}`,
      etag: `"${store.next()}"`,
      launchStage: resource.launchStage ?? 'GA',
      creator: 'deployer@example.com',
      terminalCondition: { type: 'Ready', state: 'CONDITION_SUCCEEDED' },
    });
  },
};

function complete(service: Json, { store, key }: Call, before?: Json): void {
  const path = key.slice('run.googleapis.com/'.length);
  const [, , , location, , id] = path.split('/');
  const { template } = service;
  const revision = template.revision ?? `${id}-${`${store.next()}`.padStart(5, '0')}`;
  store.resources.set(`${key}/revisions/${revision}`, {
    name: `${path}/revisions/${revision}`,
    template: normalized(template),
  });
  Object.assign(service, {
    uid: before?.uid ?? `uid-${store.next()}`,
    generation: `${Number(before?.generation ?? 0) + 1}`,
    observedGeneration: `${Number(before?.generation ?? 0) + 1}`,
    etag: `"${store.next()}"`,
    launchStage: service.launchStage ?? 'GA',
    ingress: service.ingress ?? 'INGRESS_TRAFFIC_ALL',
    creator: 'deployer@example.com',
    template: withDefaults(template),
    latestCreatedRevision: `${path}/revisions/${revision}`,
    latestReadyRevision: `${path}/revisions/${revision}`,
    uri: `https://${id}-abcdefghij-${location}.a.run.app`,
    urls: [`https://${id}-${store.projectNumber}.${location}.run.app`],
    terminalCondition: { type: 'Ready', state: 'CONDITION_SUCCEEDED' },
    trafficStatuses: (service.traffic ?? []).map((each: Json) => ({ ...each })),
    scaling: service.scaling ?? {},
  });
}

export const cloudRun: { readonly kinds: { readonly [id: string]: Kind } } = {
  kinds: { 'run.projects.locations.jobs': job, 'run.projects.locations.services': { check, complete } },
};
