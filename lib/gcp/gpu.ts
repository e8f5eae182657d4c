/**
 * GPU type, identified by the name that Cloud Run and GKE use, such as `nvidia-l4`.
 *
 * @example
 * ```ts
 * import { ImageSource } from 'modelship';
 * import { Gpu, ServerlessModel } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Net', {
 *   model,
 *   region: 'europe-west4',
 *   gpu: Gpu.nvidiaL4(),
 *   image: ImageSource.fromRegistry('europe-west4-docker.pkg.dev/my-project/runtime/gpu:1'),
 * });
 * ```
 */
export class Gpu {
  /** NVIDIA L4, 24 GB. */
  static nvidiaL4(): Gpu {
    return new Gpu('nvidia-l4', 'g2-standard-8');
  }

  /** NVIDIA T4, 16 GB. Not available on Cloud Run. */
  static nvidiaT4(): Gpu {
    return new Gpu('nvidia-tesla-t4', 'n1-standard-8');
  }

  /** NVIDIA A100, 40 GB. Not available on Cloud Run. */
  static nvidiaA100(): Gpu {
    return new Gpu('nvidia-tesla-a100', 'a2-highgpu-1g');
  }

  /**
   * Any other GPU type.
   *
   * @param name name that Cloud Run and GKE use: lower case, with hyphens
   * @param instanceType machine type with one such GPU, such as `a3-highgpu-1g`, for GKE nodes and Vertex AI
   */
  static of(name: string, instanceType: string): Gpu {
    return new Gpu(name, instanceType);
  }

  private constructor(
    /** Name that Cloud Run and GKE use. */
    readonly name: string,
    /** Machine type with one such GPU. */
    readonly instanceType: string,
  ) {}

  /** Name that Vertex AI uses, such as `NVIDIA_L4`. */
  get vertexName(): string {
    return this.name.toUpperCase().replaceAll('-', '_');
  }
}
