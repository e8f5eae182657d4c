/** Options of an inline CSI volume, which exists as long as the pod. */
export interface CsiVolumeOptions {
  /** Name of the CSI driver, such as `gcsfuse.csi.storage.gke.io`. */
  readonly driver: string;
  /** Volume attributes that the driver reads. */
  readonly attributes: { [name: string]: string };
}

/**
 * Volume that contains the model. Pods mount it read-only.
 *
 * @example
 * ```ts
 * import { ModelVolume } from 'modelship/gcp';
 *
 * const volume = ModelVolume.persistentVolumeClaim('models');
 * ```
 */
export class ModelVolume {
  /** Inline volume of a CSI driver. */
  static csi(options: CsiVolumeOptions): ModelVolume {
    return new ModelVolume({ csi: { driver: options.driver, readOnly: true, volumeAttributes: options.attributes } });
  }

  /** Existing claim in the namespace that several pods can mount read-only at once. */
  static persistentVolumeClaim(claimName: string): ModelVolume {
    return new ModelVolume({ persistentVolumeClaim: { claimName, readOnly: true } });
  }

  private constructor(
    /** Volume source in the format of a pod specification. */
    readonly source: object,
  ) {}
}
