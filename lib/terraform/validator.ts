import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Validator } from '../serving/validation/validator.js';

/** Returns a validator for the props of the construct `scope` of class `kind`. Tokens pass every check. */
export function validatorFor(scope: Construct, kind: string): Validator {
  return new Validator(`${kind} at ${scope.node.path}`, Token.isUnresolved);
}
