import type { ContainerRegistry, ContainerRegistryConfig } from '@cdktf/provider-azurerm/lib/container-registry';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import { keyIdentity } from './key-identity.js';
import { globalName } from './names.js';
import type { Placement } from './placement.js';
import { privateEndpoint } from './private-endpoint.js';

/**
 * Maximum length of a registry name:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const REGISTRY_NAME_LENGTH = 50;

interface RegistryProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  /** Whether only private endpoints reach the registry; false for a registry that builds images. */
  readonly isPrivate?: boolean;
}

/** Container registry without an admin user and without anonymous pulls. */
export class Registry extends Construct {
  readonly registry: ContainerRegistry;

  constructor(scope: Construct, id: string, { placement, props, isPrivate = false }: RegistryProps) {
    super(scope, id);
    this.registry = new azurerm.ContainerRegistry(this, 'Registry', {
      ...placement.common,
      name: globalName(this, placement, REGISTRY_NAME_LENGTH, false),
      // Only the Premium tier supports private endpoints and customer-managed keys.
      sku: props.privateSubnet || props.encryptionKey ? 'Premium' : 'Standard',
      adminEnabled: false,
      anonymousPullEnabled: false,
      ...(isPrivate ? { publicNetworkAccessEnabled: false, dataEndpointEnabled: true } : {}),
      ...this.encryption(placement, props),
    });
    if (isPrivate) privateEndpoint(this, placement, props, this.registry.id, 'registry');
  }

  private encryption(
    placement: Placement,
    { encryptionKey }: AzureServingProps,
  ): Pick<ContainerRegistryConfig, 'identity' | 'encryption' | 'dependsOn'> {
    if (!encryptionKey) return {};
    const { identity, ready } = keyIdentity(this, placement, encryptionKey);
    return {
      identity: { type: 'UserAssigned', identityIds: [identity.id] },
      encryption: [{ keyVaultKeyId: encryptionKey.versionlessId, identityClientId: identity.clientId }],
      dependsOn: [ready],
    };
  }
}
