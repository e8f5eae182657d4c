import { type ImageContext, imageContext, runtimeParts } from './image-parts.js';
import type { PythonNeeds } from './python-requirements.js';

/** What an image of the runtime is made for. */
export interface ImageContextOptions {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /** What the model says of itself, of which the format and the packages count. @default - an image for ONNX, without Python */
  readonly manifest?: PythonNeeds;
}

/**
 * The build context of the runtime's image, built once for each content. The image holds the runtime and no model, so
 * models of the same needs share it.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function runtimeImageContext({
  architecture,
  manifest = { format: 'onnx' },
}: ImageContextOptions): ImageContext {
  return imageContext(runtimeParts(architecture, manifest));
}
