/**
 * A kind of accelerator, by the name that Cloud Run and GKE use: `nvidia-l4`.
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

  /** NVIDIA T4, 16 GB. Not on Cloud Run. */
  static nvidiaT4(): Gpu {
    return new Gpu('nvidia-tesla-t4', 'n1-standard-8');
  }

  /** NVIDIA A100, 40 GB. Not on Cloud Run. */
  static nvidiaA100(): Gpu {
    return new Gpu('nvidia-tesla-a100', 'a2-highgpu-1g');
  }

  /**
   * Another kind.
   *
   * @param name as Cloud Run and GKE write it: lower case, with hyphens
   * @param machineType the machine that carries one of it, such as `a3-highgpu-1g`, for GKE nodes and Vertex AI
   */
  static of(name: string, machineType: string): Gpu {
    return new Gpu(name, machineType);
  }

  private constructor(
    readonly name: string,
    /** A machine with one of it. */
    readonly machineType: string,
  ) {}

  /** The name that Vertex AI uses: `NVIDIA_L4`. */
  get vertexName(): string {
    return this.name.toUpperCase().replaceAll('-', '_');
  }
}
