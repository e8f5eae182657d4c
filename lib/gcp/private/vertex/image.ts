import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { serverImageContext } from '../../../bundle/server-image-context.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage, type GoogleImageBinding } from '../../image.js';
import type { GoogleServingProps } from '../../props.js';

/** Returns whether the image is in a repository of the region, which Vertex AI can pull from. Tokens are accepted. */
export function isInRegion(image: string, region: string): boolean {
  if (Token.isUnresolved(image)) return true;
  return Token.isUnresolved(region)
    ? /^[a-z0-9-]+-docker\.pkg\.dev\//.test(image)
    : image.startsWith(`${region}-docker.pkg.dev/`);
}

/** Returns a server's image in a repository of the region. Cloud Build copies images from elsewhere. */
export function bindServerImage(
  scope: Construct,
  props: GoogleServingProps,
  image: string,
  puller: () => Grantee | undefined,
): GoogleImageBinding {
  if (isInRegion(image, props.region)) return { uri: image, ready: [] };
  return GoogleImage.fromCloudBuild({ context: serverImageContext(image) }).bindOnGoogle(scope, props, puller);
}
