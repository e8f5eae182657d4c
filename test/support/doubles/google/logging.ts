import type { Call, Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

const bucket: Kind = {
  check(_, { key }, before) {
    // https://cloud.google.com/logging/docs/buckets#create_bucket
    if (!/^[a-zA-Z0-9][\w.-]{0,99}$/.test(key.split('/').at(-1)!)) throw new Refusal(400, 'Invalid bucket ID');
    // A deleted bucket is kept for 7 days: https://cloud.google.com/logging/docs/buckets#delete
    if (before?.lifecycleState === 'DELETE_REQUESTED') {
      throw new Refusal(400, 'Buckets must be in an ACTIVE state to be modified');
    }
  },
  complete(resource) {
    Object.assign(resource, { lifecycleState: 'ACTIVE', retentionDays: resource.retentionDays ?? 30 });
    if (resource.cmekSettings) resource.cmekSettings = { ...resource.cmekSettings, name: 'cmekSettings' };
  },
  remove(resource) {
    resource.lifecycleState = 'DELETE_REQUESTED';
  },
};

const metric: Kind = {
  isShort: true,
  complete(resource, { store }) {
    resource.metricDescriptor = {
      name: `projects/${store.project}/metricDescriptors/logging.googleapis.com/user/${resource.name}`,
      type: `logging.googleapis.com/user/${resource.name}`,
      ...resource.metricDescriptor,
    };
  },
};

const sink: Kind = {
  isShort: true,
  complete(resource, { store }) {
    resource.writerIdentity = `serviceAccount:service-${store.projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`;
  },
};

function cmekSettings({ store, key }: Call): Json {
  const email = `cmek-p${store.projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`;
  store.agents.add(email);
  return { name: key, serviceAccountId: email };
}

export const logging: {
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  kinds: {
    'logging.projects.locations.buckets': bucket,
    'logging.projects.metrics': metric,
    'logging.projects.sinks': sink,
    'logging.projects.exclusions': { isShort: true },
  },
  methods: { 'logging.projects.getCmekSettings': cmekSettings },
};
