import type { Call, Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** Service agents by service: https://cloud.google.com/iam/docs/service-agents */
const AGENTS: { readonly [service: string]: string } = {
  'aiplatform.googleapis.com': 'gcp-sa-aiplatform',
  'artifactregistry.googleapis.com': 'gcp-sa-artifactregistry',
  'container.googleapis.com': 'container-engine-robot',
  'monitoring.googleapis.com': 'gcp-sa-monitoring-notification',
  'run.googleapis.com': 'serverless-robot-prod',
};

const account: Kind = {
  id: ({ store, body }) => `${body.accountId}@${store.project}.iam.gserviceaccount.com`,
  from: ({ accountId, serviceAccount, ...rest }) => ({ ...rest, ...serviceAccount, accountId }),
  check({ accountId }, _, before) {
    // https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/create
    if (!before && !/^[a-z]([a-z0-9-]{4,28}[a-z0-9])$/.test(accountId)) {
      throw new Refusal(400, `Service account ID ${accountId} must be between 6 and 30 characters of [a-z0-9-].`);
    }
  },
  complete(resource, { store, key }, before) {
    const email = before?.email ?? key.split('/').at(-1);
    delete resource.accountId;
    Object.assign(resource, { email, projectId: store.project, uniqueId: before?.uniqueId ?? store.nextId() });
  },
};

const role: Kind = {
  id: ({ body }) => body.roleId,
  from: ({ roleId, role: given, ...rest }) => ({ ...rest, ...given }),
  check({ name }, { key }) {
    // https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create
    if (!/^[a-zA-Z0-9_.]{3,64}$/.test(key.split('/').at(-1)!))
      throw new Refusal(400, `The role id ${name} is invalid.`);
  },
  // A deleted role keeps its id for 37 days: https://cloud.google.com/iam/docs/creating-custom-roles#deleting
  remove(resource) {
    resource.deleted = true;
  },
};

function generateIdentity({ store, key }: Call): Json {
  const service = key.split('/').at(-1)!.replace(/:.*$/, '');
  const agent = AGENTS[service];
  if (!agent) throw new Refusal(400, `${service} has no service agent`);
  store.agents.add(`service-${store.projectNumber}@${agent}.iam.gserviceaccount.com`);
  return { name: 'operations/finished.DONE_OPERATION', done: true };
}

export const iam: {
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  kinds: { 'iam.projects.serviceAccounts': account, 'iam.projects.roles': role },
  methods: { 'serviceusage.services.generateServiceIdentity': generateIdentity },
};
