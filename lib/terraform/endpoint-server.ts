import type { Model } from '../model/model.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
import { serverOf } from '../serving/servers/model-server.js';
import type { ModelSource } from '../serving/servers/source.js';
import {
  checkImageArchitecture,
  checkOtherModels,
  checkServer,
  checkServerVariables,
  checkSource,
  type GpuChoice,
  type ServerProps,
} from '../serving/validation/server.js';
import type { Range, Validator } from '../serving/validation/validator.js';

/** Props of a managed endpoint that configure its server. */
export interface EndpointServerProps extends ServerProps {
  readonly startupSeconds?: number;
}

/** Capabilities of a managed endpoint for servers other than Modelship's runtime. */
export interface EndpointServerRules {
  readonly gpu: GpuChoice;
  /** Stores that a server can fetch a model from by itself. */
  readonly sources: readonly ModelSource['kind'][];
  /** Other models of the endpoint by the prop that names them. */
  readonly others: { readonly [prop: string]: Model };
  readonly startupSeconds: Range;
}

/** Records faults of server settings that no managed endpoint supports. */
export function checkEndpointServer(
  validator: Validator,
  props: EndpointServerProps,
  { gpu, sources, others, startupSeconds }: EndpointServerRules,
): void {
  checkServer(validator, props, gpu);
  validator.number('startupSeconds', props.startupSeconds, startupSeconds);
  validator.known('startupSeconds', props.startupSeconds, 'it is counted in probes at synth');
  const { spec, isModelship } = serverOf(props);
  if (isModelship) return;
  const { AMD64: architecture } = ImageArchitecture;
  checkImageArchitecture(validator, { prop: 'server', subject: 'the machines have', architecture }, spec);
  checkOtherModels(validator, spec, others);
  checkSource(validator, spec, sources);
  checkServerVariables(validator, spec, props);
}
