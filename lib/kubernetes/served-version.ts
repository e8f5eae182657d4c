import type { Model } from '../model/model.js';
import type { ModelServer } from '../serving/model-server.js';
import type { ModelVersion } from './model-workload-props.js';

/** What is known of a version of a model that another server than Modelship's runtime serves. */
export interface ServedVersionOptions {
  readonly server: ModelServer;
  readonly model: Model;
  /** Where the server finds what {@link ModelServer.layout} says, in the pod. */
  readonly folder: string;
  /** Variables of the user's. The server's own are added, and win. */
  readonly environment?: { [name: string]: string };
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
