import type { Model } from '../model/model.js';
import { dockerfile, type ImageContext, imageContext, runtimeParts } from './image-parts.js';

/** Folder of the model package in the image of a Lambda function. */
export const LAMBDA_IMAGE_MODEL_FOLDER = '/opt/ml/model';

/** Platform and model that the image of a Lambda function is built for. */
export interface LambdaImageContextOptions {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /** Model in the image. Its format decides whether the image has Python, and which packages. */
  readonly model: Model;
}

/**
 * Returns the build context of an image for AWS Lambda, written once for each content. The image sets the entry point, so
 * the function needs none. It holds the model, because Lambda mounts no files into it.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function lambdaImageContext({ architecture, model }: LambdaImageContextOptions): ImageContext {
  const { runtime, texts } = runtimeParts(architecture, model.manifest);
  const stages = `${texts.Dockerfile}${dockerfile('lambda.Dockerfile')}`;
  return imageContext({ runtime, texts: { ...texts, Dockerfile: stages }, model });
}
