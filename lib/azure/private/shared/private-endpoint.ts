import type { PrivateEndpoint } from '@cdktf/provider-azurerm/lib/private-endpoint';
import type { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import { groupName } from './names.js';
import type { Placement } from './placement.js';

/**
 * Private DNS zones by the subresource of the endpoint:
 * https://learn.microsoft.com/azure/private-link/private-endpoint-dns
 */
const ZONES = {
  blob: ['privatelink.blob.core.windows.net'],
  file: ['privatelink.file.core.windows.net'],
  vault: ['privatelink.vaultcore.azure.net'],
  registry: ['privatelink.azurecr.io'],
  amlworkspace: ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net'],
} as const;

/** Private DNS zones in which private endpoints can register their addresses. */
export const PRIVATE_ZONES: readonly string[] = Object.values(ZONES).flat();

const NAME_LENGTH = 80;

/**
 * Creates a private endpoint of `resourceId` in the private subnet. Returns an empty list if no private subnet is
 * given.
 */
export function privateEndpoint(
  scope: Construct,
  placement: Placement,
  { privateSubnet, privateDnsZones = {} }: AzureServingProps,
  resourceId: string,
  subresource: keyof typeof ZONES,
): PrivateEndpoint[] {
  if (!privateSubnet) return [];
  const zones = ZONES[subresource].map((zone) => privateDnsZones[zone]).filter((id) => id !== undefined);
  return [
    new azurerm.PrivateEndpoint(scope, `PrivateEndpoint-${subresource}`, {
      ...placement.common,
      name: `${groupName(scope, NAME_LENGTH - subresource.length - 1)}-${subresource}`,
      subnetId: privateSubnet.id,
      privateServiceConnection: {
        name: subresource,
        privateConnectionResourceId: resourceId,
        subresourceNames: [subresource],
        isManualConnection: false,
      },
      ...(zones.length > 0 ? { privateDnsZoneGroup: { name: 'modelship', privateDnsZoneIds: zones } } : {}),
    }),
  ];
}
