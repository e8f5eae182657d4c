import { createHmac } from 'node:crypto';
import type { Kind } from './kinds.js';
import { named } from './names.js';
import { ACCOUNT_KEYS, Refusal } from './store.js';

const registry: Kind = {
  check: named(/^[a-zA-Z0-9]{5,50}$/, true),
  complete(resource) {
    resource.properties = {
      publicNetworkAccess: 'Enabled',
      networkRuleBypassOptions: 'AzureServices',
      zoneRedundancy: 'Disabled',
      dataEndpointEnabled: false,
      anonymousPullEnabled: false,
      adminUserEnabled: false,
      ...resource.properties,
      loginServer: `${resource.name}.azurecr.io`,
      policies: {
        quarantinePolicy: { status: 'disabled' },
        trustPolicy: { type: 'Notary', status: 'disabled' },
        retentionPolicy: { days: 7, status: 'disabled' },
        exportPolicy: { status: 'enabled' },
        ...resource.properties.policies,
      },
    };
    resource.sku = { tier: resource.sku.name, ...resource.sku };
  },
};

/** Build of an image: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-overview */
const taskRun: Kind = {
  check({ name, properties }, { store }) {
    const { sourceLocation } = properties.runRequest;
    checkLink(sourceLocation);
    store.builds.links.push(sourceLocation);
    if (store.builds.areFailing) throw new Refusal(400, 'RunFailed', `The run ${name} failed: no base image.`);
  },
};

/**
 * Rejects a link that the registry could not download the context from:
 * https://learn.microsoft.com/rest/api/storageservices/create-service-sas
 */
function checkLink(link: string): void {
  const { host, pathname, searchParams: query } = new URL(link);
  const [account] = host.split('.');
  const [, container] = pathname.split('/');
  const of = (name: string) => query.get(name) ?? '';
  const signed = [
    ...[of('sp'), of('st'), of('se'), `/blob/${account}/${container}`, of('si'), of('sip'), of('spr'), of('sv')],
    ...[of('sr'), of('snapshot'), of('rscc'), of('rscd'), of('rsce'), of('rscl'), of('rsct')],
  ];
  const key = Buffer.from(ACCOUNT_KEYS[0]!.value, 'base64');
  const signature = createHmac('sha256', key).update(signed.join('\n')).digest('base64');
  const isNow = Date.parse(of('st')) <= Date.now() && Date.now() < Date.parse(of('se'));
  if (of('sig') !== signature || !of('sp').includes('r') || !isNow) {
    throw new Refusal(400, 'InvalidSourceLocation', `The context cannot be downloaded from ${host}${pathname}.`);
  }
}

export const containerRegistry: { readonly kinds: { readonly [type: string]: Kind } } = {
  kinds: {
    'microsoft.containerregistry/registries': registry,
    'microsoft.containerregistry/registries/taskruns': taskRun,
  },
};
