import type { Construct } from 'constructs';
import { ModelVolume } from '../../../kubernetes/model-volume.js';
import type { ModelVersion, ModelWorkloadProps } from '../../../kubernetes/model-workload-props.js';
import { servedVersion } from '../../../kubernetes/served-version.js';
import type { Model } from '../../../model/model.js';
import { DEFAULT_TIMEOUT_SECONDS, MODEL_MOUNT } from '../../../serving/defaults.js';
import { packagePrefix } from '../../../terraform/package-files.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { ContainerModelProps } from '../../container-props.js';
import { projectVariables } from '../shared/project.js';

/**
 * Creates the workload version that serves `model`.
 *
 * @param image image of Modelship's runtime, or undefined if the props select another server
 */
export function servedModel(
  scope: Construct,
  props: ContainerModelProps,
  model: Model,
  image: string | undefined,
): ModelVersion {
  if (image === undefined) {
    const server = props.server!;
    const folder = `${MODEL_MOUNT}/${packagePrefix(model, server)}`;
    return servedVersion({ server, model, folder, environment: props.environment });
  }
  const location = `${MODEL_MOUNT}/${packagePrefix(model)}`;
  const environment = {
    ...runtimeEnvironment({ ...props, model }, location, props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS),
    ...projectVariables(scope, props.project),
  };
  return { image, environment };
}

/** Returns the props of a workload that mounts the bucket with Cloud Storage FUSE. */
export function mountedStore(
  bucketName: string,
): Pick<ModelWorkloadProps, 'modelVolume' | 'modelMountPath' | 'podAnnotations'> {
  return {
    modelVolume: ModelVolume.csi({
      driver: 'gcsfuse.csi.storage.gke.io',
      attributes: { bucketName, mountOptions: 'implicit-dirs' },
    }),
    modelMountPath: MODEL_MOUNT,
    podAnnotations: { 'gke-gcsfuse/volumes': 'true' },
  };
}
