import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { serverImageContext } from '../../../bundle/server-image-context.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage, type GoogleImageBinding } from '../../image.js';
import type { GoogleServingProps } from '../../props.js';

/** Whether Vertex AI pulls the image as it is: from a repository of its region. What only apply knows is taken as one. */
export function isInRegion(image: string, region: string): boolean {
  if (Token.isUnresolved(image)) return true;
  return Token.isUnresolved(region)
    ? /^[a-z0-9-]+-docker\.pkg\.dev\//.test(image)
    : image.startsWith(`${region}-docker.pkg.dev/`);
}

/** A server's image in a repository of the region: as it is if it lies there, else a copy that Cloud Build makes. */
export function bindServerImage(
  scope: Construct,
  props: GoogleServingProps,
  image: string,
  puller: () => Grantee | undefined,
): GoogleImageBinding {
  if (isInRegion(image, props.region)) return { uri: image, ready: [] };
  return GoogleImage.fromCloudBuild({ context: serverImageContext(image) }).bindOnGoogle(scope, props, puller);
}
