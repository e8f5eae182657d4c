import type { Construct } from 'constructs';

/**
 * Where the container image of the runtime comes from. The image holds the runtime alone: the model arrives beside it,
 * so that a new version of the model needs no new image.
 *
 * Each cloud adds its own ways to build one; a class that extends this adds another.
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
   * An image that somebody else built and pushed, such as
   * `europe-west1-docker.pkg.dev/project/repository/runtime@sha256:…`. With a digest the same image runs for ever; with
   * a tag, whatever the tag points at when an instance starts.
   *
   * @throws Error if `uri` is not an image reference; a token passes
   */
  static fromRegistry(uri: string): ImageSource {
    return new RegistryImage(uri);
  }

  /** Whether it is made for one model: with the Python packages of that one, and no others. @default false */
  readonly isForModel: boolean = false;

  /** Adds to `scope` what it takes to have the image, and returns the reference to pull. */
  abstract bind(scope: Construct): string;
}

/** What an image is pulled by: `[host[:port]/]path[:tag][@digest]`, as the OCI distribution specification writes it. */
export const IMAGE_REFERENCE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

class RegistryImage extends ImageSource {
  constructor(private readonly uri: string) {
    super();
    // Every toolkit writes a value that is known only at deployment as `${…}`.
    if (!uri.includes('${') && !IMAGE_REFERENCE.test(uri)) {
      throw new Error(
        `got ${JSON.stringify(uri)}, which is no image reference; write [host/]path[:tag][@sha256:digest], without ` +
          '`https://` and spaces, such as europe-west1-docker.pkg.dev/project/repository/runtime:1.0',
      );
    }
  }

  override bind(): string {
    return this.uri;
  }
}
