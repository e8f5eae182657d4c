import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ServingProps } from '../serving/props.js';
import { modelVariables } from '../serving/servers/model-variables.js';

/** Variables by which the runtime checks tokens itself, where no gateway does. */
export const JWT_VARIABLES: readonly string[] = [ENVIRONMENT.jwtIssuer, ENVIRONMENT.jwtAudience];

/** Use instead of `Rollout.linear()`, which no target of Terraform has. */
export const LINEAR_INSTEAD =
  'Use Rollout.canary() and raise its percent from one apply to the next, because Terraform has no clock to do it';

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
