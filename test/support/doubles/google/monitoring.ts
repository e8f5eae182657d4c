import type { Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

const policy: Kind = {
  id: ({ store }) => store.nextId(),
  check(resource) {
    for (const { conditionThreshold } of resource.conditions) {
      const [, user] =
        /metric\.type="(logging\.googleapis\.com\/user\/[^"]+)"/.exec(conditionThreshold?.filter ?? '') ?? [];
      // A new metric is known up to ten minutes later: https://cloud.google.com/monitoring/alerts/policies-in-api
      if (user) {
        throw new Refusal(
          404,
          `Cannot find metric(s) that match type = "${user}". If a metric was created recently, it could take up to 10 minutes to become available.`,
        );
      }
    }
  },
  complete(resource, { store }) {
    resource.enabled ??= true;
    resource.conditions = resource.conditions.map((condition: Json) => ({
      ...condition,
      name: condition.name ?? `${resource.name}/conditions/${store.nextId()}`,
    }));
  },
};

const dashboard: Kind = {
  id: ({ store }) => `00000000-0000-4000-8000-${`${store.next()}`.padStart(12, '0')}`,
  complete(resource, { store }) {
    resource.name = resource.name.replace(/^projects\/[^/]+/, `projects/${store.projectNumber}`);
    resource.etag = `${store.next()}`;
  },
};

const uptime: Kind = {
  id: ({ store, body }) => `${body.displayName.toLowerCase().replace(/\W+/g, '-')}-${store.next()}`,
  complete(resource) {
    resource.checkerType ??= 'STATIC_IP_CHECKERS';
    if (resource.httpCheck) resource.httpCheck = { requestMethod: 'GET', ...resource.httpCheck };
  },
};

export const monitoring: { readonly kinds: { readonly [id: string]: Kind } } = {
  kinds: {
    'monitoring.projects.alertPolicies': policy,
    'monitoring.projects.dashboards': dashboard,
    'monitoring.projects.uptimeCheckConfigs': uptime,
  },
};
