import type { Construct } from 'constructs';
import type { ImageSource, RegistryImage } from './image-source.js';
import { describe } from './validation/describe.js';

/**
 * Binds an image that is not specific to the cloud of `scope`, and returns its reference.
 *
 * @param own image source of the cloud, such as `AzureImage.fromAcrTask()`
 * @throws Error if the image is specific to another cloud
 */
export function registryReference(scope: Construct, image: ImageSource, own: string): string {
  // Checks the shape instead of the class, because another copy of the library may have created the object.
  if (isInRegistry(image)) return image.bind(scope);
  throw new Error(
    `${scope.node.path}: \`image\` is for the constructs of another cloud, got ${describe(image)}. Use ` +
      `ImageSource.fromRegistry() or ${own}`,
  );
}

function isInRegistry(image: ImageSource): image is RegistryImage {
  return 'bind' in image;
}
