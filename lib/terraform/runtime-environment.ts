import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ServingProps } from '../serving/props.js';
import { modelVariables } from '../serving/servers/model-variables.js';

/** Variables that make the runtime verify tokens itself, where no gateway does. */
export const JWT_VARIABLES: readonly string[] = [ENVIRONMENT.jwtIssuer, ENVIRONMENT.jwtAudience];

/** Advice for `Rollout.linear()`, which no Terraform target supports. */
export const LINEAR_INSTEAD =
  'Use Rollout.canary() and raise its percent from one apply to the next, because Terraform has no clock to do it';

/** Returns the environment variables of a runtime that serves the model at `modelLocation`. */
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
