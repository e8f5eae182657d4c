import type { Construct } from 'constructs';
import type { ImageArchitecture } from '../../../serving/image-architecture.js';
import { registryReference } from '../../../serving/registry-reference.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage, type GoogleImageBinding } from '../../image.js';
import type { GoogleServingProps } from '../../props.js';

/**
 * Binds the image of the props.
 *
 * @param puller returns the identity that pulls it, if known
 * @param architecture CPU architecture of an image that is built
 */
export function bindImage(
  scope: Construct,
  props: GoogleServingProps,
  puller: () => Grantee | undefined,
  architecture?: ImageArchitecture,
): GoogleImageBinding {
  const image = props.image ?? GoogleImage.fromCloudBuild();
  // `instanceof` is safe because both classes are in this package, so only one copy of each exists.
  if (image instanceof GoogleImage) return image.bindOnGoogle(scope, props, puller, architecture);
  return { uri: registryReference(scope, image, 'GoogleImage.fromCloudBuild()'), ready: [] };
}
