import { type ImageContext, imageContext, runtimeParts } from './image-parts.js';
import type { ServerNeeds } from './python-requirements.js';

/** Platform and model that an image of the runtime is built for. */
export interface ImageContextOptions {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /**
   * Manifest of the model; its format, packages and task decide the image.
   *
   * @default - an image for ONNX models that take tensors, without Python
   */
  readonly manifest?: ServerNeeds;
}

/**
 * Returns the build context of the runtime's image, written once for each content. The image holds no model, so models
 * with the same needs share it.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function runtimeImageContext({
  architecture,
  manifest = { format: 'onnx' },
}: ImageContextOptions): ImageContext {
  return imageContext(runtimeParts(architecture, manifest));
}
