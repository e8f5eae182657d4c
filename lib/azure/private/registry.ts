import type { ContainerRegistry } from '@cdktf/provider-azurerm/lib/container-registry';
import { Construct } from 'constructs';
import { azurerm } from '../../terraform/bindings/azurerm.js';
import { globalName } from './names.js';
import type { Placement } from './placement.js';

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const REGISTRY_NAME_LENGTH = 50;

/** A registry of container images without an admin user and without anonymous pulls. */
export class Registry extends Construct {
  readonly registry: ContainerRegistry;

  /** @param isPrivate whether only private endpoints reach it, which the Premium tier alone offers */
  constructor(scope: Construct, id: string, placement: Placement, isPrivate = false) {
    super(scope, id);
    this.registry = new azurerm.ContainerRegistry(this, 'Registry', {
      ...placement.common,
      name: globalName(this, REGISTRY_NAME_LENGTH, false),
      sku: isPrivate ? 'Premium' : 'Standard',
      adminEnabled: false,
      anonymousPullEnabled: false,
      ...(isPrivate ? { publicNetworkAccessEnabled: false, dataEndpointEnabled: true } : {}),
    });
  }
}
