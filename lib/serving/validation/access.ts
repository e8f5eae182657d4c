import { Access, type JwtAccessOptions } from '../access.js';
import { checkType, required, STRINGS } from './prop-types.js';
import type { Validator } from './validator.js';

/** Authentication methods that a target supports. */
export interface AccessSupport {
  /** Name of the target as the start of a sentence: `Cloud Run`. */
  readonly target: string;
  readonly kinds: readonly Access['kind'][];
  /** Alternative for the other methods, as a sentence. @default - the target supports every method */
  readonly instead?: string;
}

/** Reports an authentication method that the target does not support, and JWT options that no token could match. */
export function checkAccess(
  validator: Validator,
  { kind, jwtOptions }: Access = Access.cloudIdentity(),
  { target, kinds, instead = '' }: AccessSupport,
): void {
  if (!kinds.includes(kind)) {
    validator.refuse('access', `got Access.${kind}(); ${target} supports ${calls('Access', kinds)}. ${instead}`);
  }
  if (kind === 'jwt') checkJwt(validator, jwtOptions);
}

/** Formats static methods of a class as in code: `Rollout.allAtOnce() and .canary()`. */
export function calls(type: string, methods: readonly string[]): string {
  const named = methods.map((method, index) => `${index === 0 ? type : ''}.${method}()`);
  return named.length === 1 ? `${named[0]} only` : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

function checkJwt(validator: Validator, { issuer, audience }: Partial<JwtAccessOptions> = {}): void {
  validator.check(issuer !== undefined, 'access.issuer', 'MISSING', 'got nothing; pass the `iss` claim of the tokens');
  validator.text(
    'access.issuer',
    issuer,
    /^https:\/\/[^\s?#]+$/,
    'the issuer must be an https:// URL without a query, from which the signing keys are discovered',
  );
  if (!checkType(validator, 'access.audience', audience, required(STRINGS))) return;
  validator.check(
    validator.isToken(audience) || audience!.length > 0,
    'access.audience',
    'MISSING',
    'got an empty array, which no token can match; pass at least one audience',
  );
}
