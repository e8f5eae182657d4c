import type { Construct } from 'constructs';
import type { Grantee } from '../../grantee.js';
import { GoogleImage, type GoogleImageBinding } from '../../image.js';
import type { GoogleServingProps } from '../../props.js';

/** The image of the props; `puller` says who pulls it, if that is known. */
export function bindImage(
  scope: Construct,
  props: GoogleServingProps,
  puller: () => Grantee | undefined,
): GoogleImageBinding {
  const image = props.image ?? GoogleImage.fromCloudBuild();
  // Both classes are of this package, so that there is one of each.
  if (image instanceof GoogleImage) return image.bindOnGoogle(scope, props, puller);
  return { uri: image.bind(scope), ready: [] };
}
