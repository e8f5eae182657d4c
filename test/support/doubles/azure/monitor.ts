import type { Kind } from './kinds.js';

const account: Kind = {
  deletedStatus: 202,
  complete(resource, { store, before }) {
    const { name, location, properties } = resource;
    resource.properties = {
      publicNetworkAccess: 'Enabled',
      ...properties,
      accountId: before?.properties.accountId ?? store.uuid(),
      metrics: { prometheusQueryEndpoint: `https://${name}.${location}.prometheus.monitor.azure.com` },
      // Azure creates both with the workspace.
      defaultIngestionSettings: {
        dataCollectionEndpointResourceId: `${resource.id}-dce`,
        dataCollectionRuleResourceId: `${resource.id}-dcr`,
      },
    };
  },
};

const endpoint: Kind = {
  complete(resource, { store, before }) {
    const { name, location, properties } = resource;
    resource.properties = {
      networkAcls: { publicNetworkAccess: 'Enabled' },
      ...properties,
      immutableId: before?.properties.immutableId ?? `dce-${store.next()}`,
      configurationAccess: { endpoint: `https://${name}.${location}.handler.control.monitor.azure.com` },
      logsIngestion: { endpoint: `https://${name}.${location}.ingest.monitor.azure.com` },
      metricsIngestion: { endpoint: `https://${name}.${location}.metrics.ingest.monitor.azure.com` },
    };
  },
};

const rule: Kind = {
  check({ properties }, { store }) {
    for (const { workspaceResourceId } of properties.destinations?.logAnalytics ?? []) store.get(workspaceResourceId);
    for (const { accountResourceId } of properties.destinations?.monitoringAccounts ?? []) store.get(accountResourceId);
    if (properties.dataCollectionEndpointId) store.get(properties.dataCollectionEndpointId);
  },
  complete(resource, { store, before }) {
    resource.properties = {
      ...resource.properties,
      immutableId: before?.properties.immutableId ?? `dcr-${store.next()}`,
    };
  },
};

const association: Kind = {
  check({ properties }, { store }) {
    if (properties.dataCollectionRuleId) store.get(properties.dataCollectionRuleId);
  },
};

export const monitor: { readonly kinds: { readonly [type: string]: Kind } } = {
  kinds: {
    'microsoft.monitor/accounts': account,
    'microsoft.insights/datacollectionendpoints': endpoint,
    'microsoft.insights/datacollectionrules': rule,
    'microsoft.insights/datacollectionruleassociations': association,
    'microsoft.alertsmanagement/prometheusrulegroups': { hasState: false },
  },
};
