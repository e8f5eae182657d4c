import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { ModelVersion, ModelWorkloadProps } from './model-workload-props.js';

/** What is known of a version of a model that another server than Modelship's runtime serves. */
export interface ServedVersionOptions {
  readonly server: ModelServer;
  readonly model: Model;
  /** Where the server finds what {@link ModelServer.layout} says, in the pod. */
  readonly folder: string;
  /** Variables of the user's. The server's own are added, and win. */
  readonly environment?: { [name: string]: string };
}

/** The size of each pod of another server than Modelship's runtime, if nothing is said. */
export function serverSize({ spec }: ModelServer): Pick<ModelWorkloadProps, 'cpuMillis' | 'memoryMib'> {
  // Weights pass through the memory, and one CPU is busy with feeding the GPU alone.
  if (spec.needsGpu) return { cpuMillis: 3000, memoryMib: 16_384 };
  // A framework is in the process, or a Java machine.
  return spec.image === undefined ? {} : { memoryMib: 2048 };
}

/** The version of a workload that such a server serves: its image, its arguments, its variables and its probes. */
export function servedVersion({ server: { spec }, model, folder, environment }: ServedVersionOptions): ModelVersion {
  return {
    image: spec.image!,
    environment: { ...environment, ...spec.environment(model, folder) },
    ...(spec.command ? { args: [...spec.command(model, folder)] } : {}),
    livePath: spec.livePath(model),
    readyPath: spec.readyPath(model),
  };
}
