/** A volume that a driver of the cluster mounts for the life of a pod. */
export interface CsiVolumeOptions {
  /** The driver's name, such as `gcsfuse.csi.storage.gke.io`. */
  readonly driver: string;
  /** What the driver wants to know. */
  readonly attributes: { [name: string]: string };
}

/**
 * Volume that holds the model, mounted read-only into the pods.
 *
 * @example
 * ```ts
 * import { ModelVolume } from 'modelship/gcp';
 *
 * const volume = ModelVolume.persistentVolumeClaim('models');
 * ```
 */
export class ModelVolume {
  /** An inline volume of a CSI driver. */
  static csi(options: CsiVolumeOptions): ModelVolume {
    return new ModelVolume({ csi: { driver: options.driver, readOnly: true, volumeAttributes: options.attributes } });
  }

  /** A claim of the namespace, which many pods may read at once. */
  static persistentVolumeClaim(claimName: string): ModelVolume {
    return new ModelVolume({ persistentVolumeClaim: { claimName, readOnly: true } });
  }

  private constructor(
    /** The volume's source, as a pod's specification has it. */
    readonly source: object,
  ) {}
}
