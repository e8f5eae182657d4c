import { type Duration, type Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type { Range, Validator } from '../../../serving/validation/validator.js';

/** Checks a duration against a range in seconds. CloudFormation converts no token, so its unit must be seconds. */
export function checkSeconds(validator: Validator, prop: string, value: Duration | undefined, range: Range): void {
  if (hasUnit(validator, prop, value, 'seconds')) validator.number(prop, value.toSeconds({ integral: false }), range);
}

/** Checks a duration against a range in minutes. CloudFormation converts no token, so its unit must be minutes. */
export function checkMinutes(validator: Validator, prop: string, value: Duration | undefined, range: Range): void {
  if (hasUnit(validator, prop, value, 'minutes')) validator.number(prop, value.toMinutes({ integral: false }), range);
}

/** Checks a size against a range in GiB. A size with a token must be created in GiB. */
export function checkGibibytes(validator: Validator, prop: string, value: Size | undefined, range: Range): void {
  if (value === undefined || value.isUnresolved()) return;
  validator.number(prop, value.toGibibytes({ rounding: SizeRoundingBehavior.NONE }), range);
}

function hasUnit(validator: Validator, prop: string, value: Duration | undefined, unit: string): value is Duration {
  if (value === undefined) return false;
  const ok = !value.isUnresolved() || value.unitLabel() === unit;
  validator.check(
    ok,
    prop,
    'UNRESOLVED_TOKEN',
    `got a token in ${value.unitLabel()}, which CloudFormation cannot convert. Use Duration.${unit}()`,
  );
  return ok;
}
