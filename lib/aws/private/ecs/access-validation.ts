import { Token } from 'aws-cdk-lib';
import type { JwtAccessOptions } from '../../../serving/access.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerModelProps } from '../../container-props.js';
import { jwksUrlOf } from './jwks-url.js';
import { ECS } from './limits.js';

/** Reports access settings that the load balancer, or API Gateway in front of it, does not support. */
export function checkAccess(validator: Validator, props: ContainerModelProps): void {
  const { access, internetFacing, certificate, domainName, listener } = props;
  const kind = access?.kind ?? 'cloudIdentity';
  validator.check(
    kind !== 'jwt' || certificate !== undefined || listener !== undefined,
    'certificate',
    'MISSING',
    'required by Access.jwt(), because the load balancer checks tokens over HTTPS only',
  );
  validator.check(
    !internetFacing || certificate !== undefined,
    'certificate',
    'MISSING',
    'required by `internetFacing`, because requests over the internet must be encrypted',
  );
  validator.check(
    !internetFacing || kind !== 'cloudIdentity',
    'internetFacing',
    'CONFLICT',
    'with Access.cloudIdentity(), callers use API Gateway, which is already reachable from the internet; remove it',
  );
  validator.check(
    domainName === undefined || certificate !== undefined || listener !== undefined,
    'domainName',
    'CONFLICT',
    'it is the domain name of `certificate`, which is missing',
  );
  validator.check(
    certificate === undefined || kind !== 'cloudIdentity' || domainName !== undefined,
    'domainName',
    'MISSING',
    'required, because API Gateway checks it against the load balancer’s certificate; pass the certificate’s domain ' +
      'name',
  );
  checkTokens(validator, props);
}

/** Reports JWT settings that the load balancer does not support. */
function checkTokens(validator: Validator, { access, jwksUrl, jwtAudienceFormat }: ContainerModelProps): void {
  const { issuerLength } = ECS.jwt;
  const { issuer = '', audience = [] }: Partial<JwtAccessOptions> = access?.jwtOptions ?? {};
  validator.check(
    Token.isUnresolved(issuer) || issuer.length <= issuerLength,
    'access.issuer',
    'TOO_LONG',
    `got ${issuer.length} characters; a load balancer allows ${issuerLength}`,
  );
  validator.check(
    audience.length <= 1,
    'access.audience',
    'TOO_MANY',
    `got ${audience.length}; Elastic Load Balancing does not document whether a token must match one or all of ` +
      'them. Pass one, or use ServerlessModel',
  );
  validator.check(
    issuer === '' || jwksUrl !== undefined || jwksUrlOf(issuer) !== undefined,
    'jwksUrl',
    'MISSING',
    `a load balancer does not discover the keys of ${issuer}; set it to \`jwks_uri\` of ` +
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  );
  validator.check(
    jwtAudienceFormat === undefined || access?.kind === 'jwt',
    'jwtAudienceFormat',
    'CONFLICT',
    'it applies to Access.jwt() only; remove it',
  );
  validator.text('jwksUrl', jwksUrl, /^https:\/\/\S+$/, 'it must be an https:// URL');
}
