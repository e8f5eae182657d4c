import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { GoogleServingProps } from '../props.js';

/** The variables of the runtime that serves the model at `modelLocation`. */
export function runtimeEnvironment(
  props: GoogleServingProps,
  modelLocation: string,
  timeoutSeconds: number,
): Record<string, string> {
  const jwt = props.access?.jwtOptions;
  return {
    ...props.environment,
    [ENVIRONMENT.model]: modelLocation,
    [ENVIRONMENT.modelDigest]: props.model.digest,
    [ENVIRONMENT.timeoutSeconds]: `${timeoutSeconds}`,
    ...(jwt ? { [ENVIRONMENT.jwtIssuer]: jwt.issuer, [ENVIRONMENT.jwtAudience]: jwt.audience.join(',') } : {}),
  };
}
