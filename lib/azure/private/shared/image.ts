import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import type { ImageSource } from '../../../serving/image-source.js';
import { AzureImage } from '../../image.js';
import type { AzureServingProps } from '../../props.js';
import type { Placement } from './placement.js';
import { assignRole } from './roles.js';

/** An image, and what lets an identity pull it. */
export interface BoundImage {
  /** The reference to pull. */
  readonly uri: string;
  /** Host of the registry, if it wants the identity for pulls. */
  readonly loginServer?: string;
  /** The registry, if it is on Azure. */
  readonly registryId?: string;
  /** What must be there before anything pulls. */
  readonly ready: ITerraformDependable[];
}

/**
 * Adds to `scope` what it takes to have the image.
 *
 * @param principalId who gets the role to pull from a registry on Azure; with nobody, whoever pulls has it already
 */
export function bindImage(
  scope: Construct,
  source: ImageSource = AzureImage.fromAcrTask(),
  placement: Placement,
  props: AzureServingProps,
  principalId: string | undefined,
): BoundImage {
  // By shape, not by class: another copy of the library may have made it.
  const onAzure = source as Partial<AzureImage>;
  if (!onAzure.bindOnAzure) return { uri: source.bind(scope), ready: [] };
  const { uri, registry, ready } = onAzure.bindOnAzure.call(source as AzureImage, scope, placement, props);
  const roles = principalId ? [assignRole(scope, 'ImagePull', registry.id, 'AcrPull', principalId)] : [];
  return { uri, loginServer: registry.loginServer, registryId: registry.id, ready: [...roles, ...ready] };
}
