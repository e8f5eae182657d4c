import type { Construct } from 'constructs';

/**
 * Source of the runtime's container image. The image contains the runtime only. The model is deployed separately, so
 * a new version of the model needs no new image.
 *
 * Each cloud adds its own ways to build an image, such as `AwsImage`, for its own constructs. Extend `RegistryImage` to add
 * a way that works on every cloud.
 *
 * @example
 * ```ts
 * import { ImageSource } from 'modelship';
 * import { ContainerModel } from 'modelship/aws';
 *
 * const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/runtime:1';
 * new ContainerModel(stack, 'Iris', { model, image: ImageSource.fromRegistry(uri) });
 * ```
 */
export abstract class ImageSource {
  /**
   * Uses an existing image in a registry, such as `europe-west1-docker.pkg.dev/project/repository/runtime@sha256:…`.
   * A digest pins the image. A tag is resolved each time an instance starts.
   *
   * @throws Error if `uri` is not an image reference; a token is accepted
   */
  static fromRegistry(uri: string): RegistryImage {
    return new ExistingImage(uri);
  }

  /** Whether the image is specific to one model because it has only that model's Python packages. @default false */
  readonly isForModel: boolean = false;
}

/**
 * Image in a registry, for the constructs of every cloud.
 *
 * @example
 * ```ts
 * import { ImageSource, type RegistryImage } from 'modelship';
 * import { ContainerModel } from 'modelship/aws';
 *
 * const image: RegistryImage = ImageSource.fromRegistry('123456789012.dkr.ecr.eu-west-1.amazonaws.com/runtime:1');
 * new ContainerModel(stack, 'Iris', { model, image });
 * ```
 */
export abstract class RegistryImage extends ImageSource {
  /** Adds the resources that provide the image to `scope`, and returns the image reference to pull. */
  abstract bind(scope: Construct): string;
}

/** Image reference as defined by the OCI distribution specification: `[host[:port]/]path[:tag][@digest]`. */
export const IMAGE_REFERENCE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

class ExistingImage extends RegistryImage {
  constructor(private readonly uri: string) {
    super();
    // Every toolkit represents a value that is known only at deployment as `${…}`.
    if (!uri.includes('${') && !IMAGE_REFERENCE.test(uri)) {
      throw new Error(
        `got ${JSON.stringify(uri)}, which is not an image reference; write [host/]path[:tag][@sha256:digest], ` +
          `without ` +
          '`https://` and spaces, such as europe-west1-docker.pkg.dev/project/repository/runtime:1.0',
      );
    }
  }

  override bind(): string {
    return this.uri;
  }
}
