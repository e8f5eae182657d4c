import type { Model } from '../model/model.js';
import { dockerfile, type ImageContext, imageContext, runtimeParts } from './image-parts.js';

/** The folder of the model package in the image of a function. */
export const LAMBDA_IMAGE_MODEL_FOLDER = '/opt/ml/model';

/** What the image of a function is made for. */
export interface LambdaImageContextOptions {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /** The model that goes into the image. Its format says whether the image has Python, and which packages. */
  readonly model: Model;
}

/**
 * The build context of an image for AWS Lambda, built once for each content. The image starts the runtime by itself, so
 * that a function needs to name neither an entry point nor a command, and holds the model: Lambda mounts nothing.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function lambdaImageContext({ architecture, model }: LambdaImageContextOptions): ImageContext {
  const { runtime, texts } = runtimeParts(architecture, model.manifest);
  const stages = `${texts.Dockerfile}${dockerfile('lambda.Dockerfile')}`;
  return imageContext({ runtime, texts: { ...texts, Dockerfile: stages }, model });
}
