/**
 * CPU architecture that an image is built for. A multi-platform image supports both.
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
  /** 64-bit x86, such as Intel and AMD processors. */
  static readonly AMD64 = new ImageArchitecture('amd64');
  /** 64-bit Arm, such as Graviton, Axion and Cobalt processors. */
  static readonly ARM64 = new ImageArchitecture('arm64');

  private constructor(
    /** Name that container registries use: `amd64` or `arm64`. */
    readonly name: 'amd64' | 'arm64',
  ) {}

  /** Name that Node.js uses, `process.arch`: `x64` or `arm64`. */
  get nodeName(): 'x64' | 'arm64' {
    return this.name === 'arm64' ? 'arm64' : 'x64';
  }
}
