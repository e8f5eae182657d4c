import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { ImageSource } from '../serving/image-source.js';
import { type PulledImage, pulledImage } from './private/pulled-image.js';

/** Where AWS gets the image of the runtime from, beside `ImageSource.fromRegistry()`. */
export abstract class AwsImage extends ImageSource {
  /**
   * An image that is in ECR already.
   *
   * @param tagOrDigest a tag, or `sha256:…`, with which the same image runs for ever
   */
  static fromEcr(repository: IRepository, tagOrDigest: string): AwsImage {
    return new EcrImage(repository, tagOrDigest);
  }

  override bind(scope: Construct): string {
    return this.pull(scope, 'amd64').uri;
  }

  /** Adds to `scope` what it takes to have the image for `architecture`, which is `amd64` or `arm64`. */
  abstract pull(scope: Construct, architecture: string): PulledImage;
}

class EcrImage extends AwsImage {
  constructor(
    private readonly repository: IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  override pull(): PulledImage {
    return {
      uri: this.repository.repositoryUriForTagOrDigest(this.tagOrDigest),
      repositoryArn: this.repository.repositoryArn,
    };
  }
}

/** The image of any source, for one architecture. */
export function pullImage(scope: Construct, source: ImageSource, architecture: string): PulledImage {
  return source instanceof AwsImage ? source.pull(scope, architecture) : pulledImage(scope, source.bind(scope));
}
