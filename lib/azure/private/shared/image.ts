import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import type { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ImageSource } from '../../../serving/image-source.js';
import { registryReference } from '../../../serving/registry-reference.js';
import { AzureImage } from '../../image.js';
import type { AzureServingProps } from '../../props.js';
import type { Placement } from './placement.js';
import { assignRole } from './roles.js';

/** Image reference, and the resources that a pull depends on. */
export interface BoundImage {
  /** Image reference to pull. */
  readonly uri: string;
  /** Host of the registry, if pulls authenticate with the identity. */
  readonly loginServer?: string;
  /** Resource id of the registry, if it is on Azure. */
  readonly registryId?: string;
  /** Resources to create before anything pulls the image. */
  readonly ready: ITerraformDependable[];
}

/**
 * Creates the resources of the image in `scope`.
 *
 * @param architecture CPU architecture of an image that is built
 * @param principalId principal that gets the role to pull from a registry on Azure; unset if the puller has it already
 */
export function bindImage(
  scope: Construct,
  source: ImageSource = AzureImage.fromAcrTask(),
  placement: Placement,
  props: AzureServingProps,
  principalId: string | undefined,
  architecture?: ImageArchitecture,
): BoundImage {
  // Checks the shape instead of the class, because another copy of the library may have created the object.
  const onAzure = source as Partial<AzureImage>;
  if (!onAzure.bindOnAzure) {
    return { uri: registryReference(scope, source, 'AzureImage.fromAcrTask()'), ready: [] };
  }
  const { uri, registry, ready } = onAzure.bindOnAzure.call(
    source as AzureImage,
    scope,
    placement,
    props,
    architecture,
  );
  const roles = principalId ? [assignRole(scope, 'ImagePull', registry.id, 'AcrPull', principalId)] : [];
  return { uri, loginServer: registry.loginServer, registryId: registry.id, ready: [...roles, ...ready] };
}
