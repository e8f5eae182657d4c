import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ServingProps } from '../serving/props.js';
import { modelVariables } from '../serving/servers/model-variables.js';

/** The variables of the runtime that serves the model at `modelLocation`. */
export function runtimeEnvironment(
  props: ServingProps,
  modelLocation: string,
  timeoutSeconds: number,
): { [name: string]: string } {
  const jwt = props.access?.jwtOptions;
  return {
    ...props.environment,
    ...modelVariables(props.model, modelLocation),
    [ENVIRONMENT.timeoutSeconds]: `${timeoutSeconds}`,
    ...(jwt ? { [ENVIRONMENT.jwtIssuer]: jwt.issuer, [ENVIRONMENT.jwtAudience]: jwt.audience.join(',') } : {}),
  };
}
