import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Validator } from '../serving/validation/validator.js';

/** Gathers the faults of the props of `scope`, which is a `kind`; values known only at apply pass. */
export function validatorFor(scope: Construct, kind: string): Validator {
  return new Validator(`${kind} ${scope.node.path}`, Token.isUnresolved);
}
