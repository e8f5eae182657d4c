import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Validator } from '../../../serving/validation/validator.js';

/**
 * Creates a validator that collects the errors in the props of `scope`, a construct of type `kind`. Tokens pass every
 * check.
 */
export function validatorFor(scope: Construct, kind: string): Validator {
  return new Validator(`${kind} at ${scope.node.path}`, Token.isUnresolved);
}
