import type { JwtAccessOptions } from '../../../serving/access.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** Notes a fault unless tokens have an issuer that can be asked for its keys, and are meant for somebody. */
export function checkJwt(validator: Validator, { issuer, audience }: Partial<JwtAccessOptions> = {}): void {
  validator.text('access.issuer', issuer, /^https:\/\/[^\s?#]+$/, 'it must be an https:// URL without a query');
  validator.check(
    audience === undefined || audience.length > 0,
    'access.audience',
    'MISSING',
    'got none; a token must be meant for somebody, so give at least one',
  );
}
