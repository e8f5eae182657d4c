import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ServingProps } from '../serving/props.js';

/** The variables of the runtime that serves the model at `modelLocation`. */
export function runtimeEnvironment(
  props: ServingProps,
  modelLocation: string,
  timeoutSeconds: number,
): { [name: string]: string } {
  const jwt = props.access?.jwtOptions;
  return {
    ...props.environment,
    [ENVIRONMENT.model]: modelLocation,
    [ENVIRONMENT.modelDigest]: props.model.digest,
    [ENVIRONMENT.timeoutSeconds]: `${timeoutSeconds}`,
    ...(jwt ? { [ENVIRONMENT.jwtIssuer]: jwt.issuer, [ENVIRONMENT.jwtAudience]: jwt.audience.join(',') } : {}),
  };
}
