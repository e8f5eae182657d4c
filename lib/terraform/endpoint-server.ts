import type { Model } from '../model/model.js';
import { ImageArchitecture } from '../serving/image-architecture.js';
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

/** The props of a managed endpoint that are about its server. */
export interface EndpointServerProps extends ServerProps {
  readonly startupSeconds?: number;
}

/** What a managed endpoint can do for servers other than Modelship's runtime. */
export interface EndpointServerRules {
  readonly gpu: GpuChoice;
  /** From where a server may fetch a model by itself. */
  readonly sources: readonly ModelSource['kind'][];
  /** Other models that it serves, by the prop that names them. */
  readonly others: { readonly [prop: string]: Model };
  readonly startupSeconds: Range;
}

/** Notes what no managed endpoint can do with the server of the props. */
export function checkEndpointServer(
  validator: Validator,
  props: EndpointServerProps,
  { gpu, sources, others, startupSeconds }: EndpointServerRules,
): void {
  checkServer(validator, props, gpu);
  validator.number('startupSeconds', props.startupSeconds, startupSeconds);
  validator.known('startupSeconds', props.startupSeconds, 'it is counted in probes at synth');
  const spec = props.server?.spec;
  if (spec?.image === undefined) return;
  const { AMD64: architecture } = ImageArchitecture;
  checkImageArchitecture(validator, { prop: 'server', machines: 'the machines have', architecture }, spec);
  checkOtherModels(validator, spec, others);
  checkSource(validator, spec, sources);
  checkServerVariables(validator, spec, props);
}
