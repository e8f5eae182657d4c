import type { Usage } from '../../../cost/bill.js';
import { type IdlePart, runsAllMonth, STATED_LOAD } from '../../../cost/monthly-cost.js';
import { FLEX, flex, roundUp } from '../../../cost/services.js';
import { product, type ResourceAttributes, type ResourcePrices } from '../../../terraform/monthly-cost.js';

const FUNCTION_APP = 'Microsoft.Web/sites@';

/** Prices of the resources of Azure. */
export const AZURE_PRICES: ResourcePrices = {
  cloud: 'azure',
  idle: {
    azurerm_container_registry: ({ sku }) => [{ what: 'registry', price: `azure.acr.${sku.toLowerCase()}` }],
    azurerm_private_endpoint: () => [{ what: 'private endpoints', price: 'azure.pe' }],
    azurerm_monitor_metric_alert: ({ criteria }) => [
      { what: 'alerts', price: 'azure.alert.metric', quantity: criteria.length },
    ],
    azurerm_cdn_frontdoor_profile: ({ sku_name }) => [
      { what: 'Front Door', price: `azure.afd.${sku_name.split('_')[0].toLowerCase()}` },
    ],
    azurerm_api_management: ({ sku_name }) => {
      const [sku, units] = sku_name.toLowerCase().split('_');
      return [{ what: 'API Management', price: `azure.apim.${sku}`, quantity: Number(units) }];
    },
    azurerm_kubernetes_cluster: ({ default_node_pool: pool }) => [
      { what: 'cluster', price: 'azure.aks.standard' },
      ...nodes('system nodes', pool),
      // AKS creates a load balancer, and the address of outbound traffic.
      { what: 'load balancer', price: 'azure.lb.rules' },
      { what: 'public addresses', price: 'azure.ip' },
    ],
    azurerm_kubernetes_cluster_node_pool: (pool) => nodes('nodes', pool),
    azapi_resource: ({ type, body }) => {
      if (type.startsWith(FUNCTION_APP)) return alwaysReady(body);
      return /\/onlineEndpoints\/deployments@/.test(type) ? deployed(body) : [];
    },
  },
  atLoad: {
    azapi_resource: ({ type, body }) => (type.startsWith(FUNCTION_APP) ? loadedFunctions(body) : undefined),
  },
};

/** Nodes with an OS disk of 128 GiB. At least one runs, because a model has at least one pod. */
function nodes(what: string, { vm_size, min_count, priority }: ResourceAttributes): IdlePart[] {
  const quantity = Math.max(1, product(min_count));
  return [
    // The price of spot nodes changes by the hour.
    { what, price: `azure.vm.${vm_size}${priority === 'Spot' ? '.spot' : ''}`, quantity },
    { what: 'disks', price: 'azure.disk.P10', quantity },
  ];
}

/** Always-ready instances of a function app. */
function alwaysReady(body: ResourceAttributes): IdlePart[] {
  const { alwaysReady: ready = [], instanceMemoryMB } = body.properties.functionAppConfig.scaleAndConcurrency;
  return ready.map(({ instanceCount }: ResourceAttributes) => ({
    what: 'always-ready instances',
    price: 'azure.flex.ar.idle',
    quantity: product(instanceCount, instanceMemoryMB, 1 / 1024),
  }));
}

/** Usage of a function app at the stated load, which one instance serves. */
function loadedFunctions(body: ResourceAttributes): Usage[] {
  const ready = alwaysReady(body);
  const { instanceMemoryMB } = body.properties.functionAppConfig.scaleAndConcurrency;
  const { requests, seconds } = STATED_LOAD;
  const billed = requests * Math.max(FLEX.minSeconds, roundUp(seconds, FLEX.stepSeconds));
  if (ready.length === 0) return flex(billed, requests, product(instanceMemoryMB));
  return [
    ...runsAllMonth(ready),
    { what: 'compute', price: 'azure.flex.ar.gbs', units: product(billed, instanceMemoryMB, 1 / 1024) },
    { what: 'requests', price: 'azure.flex.exec', units: requests },
  ];
}

/** Instances of an Azure ML deployment, which has no surcharge on their price. */
function deployed({ sku, properties }: ResourceAttributes): IdlePart[] {
  return [{ what: 'instances', price: `azure.vm.${properties.instanceType}`, quantity: product(sku.capacity) }];
}
