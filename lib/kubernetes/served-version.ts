import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { ModelVersion, ModelWorkloadProps } from './model-workload-props.js';

/** Options of a model version served by a server other than Modelship's runtime. */
export interface ServedVersionOptions {
  readonly server: ModelServer;
  readonly model: Model;
  /** Folder in the pod that contains the files of {@link ModelServer.layout}. */
  readonly folder: string;
  /** User-defined environment variables. Those of the server take precedence. */
  readonly environment?: { [name: string]: string };
}

/** Returns the default size of each pod, which depends on the server. */
export function serverSize({ spec, isModelship }: ModelServer): Pick<ModelWorkloadProps, 'cpu' | 'memoryMib'> {
  // Weights are loaded through main memory, and feeding the GPU alone keeps one CPU busy.
  if (spec.needsGpu) return { cpu: 3, memoryMib: 16_384 };
  // Other servers include a framework or a Java virtual machine, so they need more memory.
  return isModelship ? {} : { memoryMib: 2048 };
}

/** Creates the workload version of such a server: image, arguments, environment variables and probe paths. */
export function servedVersion({ server: { spec }, model, folder, environment }: ServedVersionOptions): ModelVersion {
  return {
    image: spec.image!,
    environment: { ...environment, ...spec.environment(model, folder) },
    ...(spec.command ? { args: [...spec.command(model, folder)] } : {}),
    livePath: spec.livePath(model),
    readyPath: spec.readyPath(model),
  };
}
