import type { ServingProps } from '../props.js';
import type { PropType } from './prop-types.js';
import { checkEnvironment, type VariableNames } from './serving-props.js';
import type { Validator } from './validator.js';

/** Secrets that become environment variables, by the name of the variable. */
interface SecretProps extends Pick<ServingProps, 'environment'> {
  readonly secrets?: { readonly [name: string]: unknown };
}

/**
 * Reports secrets with the name of another environment variable, an invalid name, or a value of the wrong type.
 *
 * @param secret expected type of a secret
 * @param names names that the service accepts
 */
export function checkSecrets(
  validator: Validator,
  { environment = {}, secrets = {} }: SecretProps,
  reserved: RegExp,
  secret: PropType,
  names?: VariableNames,
): void {
  if (validator.isToken(secrets)) return;
  checkEnvironment(validator, 'secrets', secrets, reserved, secret, names);
  for (const name of Object.keys(secrets)) {
    const twice = Object.hasOwn(environment, name);
    validator.check(!twice, `secrets.${name}`, 'CONFLICT', 'it is in `environment` too; remove it from one of the two');
  }
}
