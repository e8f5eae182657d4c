import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Validator } from '../serving/validation/validator.js';

/** Collects the faults of the props of `scope`, which is a `kind`. Tokens pass every check. */
export function validatorFor(scope: Construct, kind: string): Validator {
  return new Validator(`${kind} at ${scope.node.path}`, Token.isUnresolved);
}
