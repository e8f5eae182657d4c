import type { Construct } from 'constructs';
import { registryReference } from '../../../serving/registry-reference.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage, type GoogleImageBinding } from '../../image.js';
import type { GoogleServingProps } from '../../props.js';

/** Binds the image of the props. `puller` returns the identity that pulls it, if known. */
export function bindImage(
  scope: Construct,
  props: GoogleServingProps,
  puller: () => Grantee | undefined,
): GoogleImageBinding {
  const image = props.image ?? GoogleImage.fromCloudBuild();
  // `instanceof` is safe because both classes are in this package, so only one copy of each exists.
  if (image instanceof GoogleImage) return image.bindOnGoogle(scope, props, puller);
  return { uri: registryReference(scope, image, 'GoogleImage.fromCloudBuild()'), ready: [] };
}
