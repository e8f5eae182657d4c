/**
 * A kind of processor that an image is built for. An image can be built for both.
 *
 * @example
 * ```ts
 * import { ImageArchitecture, ModelServer } from 'modelship';
 *
 * const image = 'flowers.example.com/server:1';
 * const server = ModelServer.custom({ image, architectures: [ImageArchitecture.ARM64] });
 * ```
 */
export class ImageArchitecture {
  /** Intel's and AMD's. */
  static readonly AMD64 = new ImageArchitecture('amd64');
  /** Arm's: Graviton, Axion, Cobalt. */
  static readonly ARM64 = new ImageArchitecture('arm64');

  private constructor(
    /** As container registries write it: `amd64` or `arm64`. */
    readonly name: 'amd64' | 'arm64',
  ) {}
}
