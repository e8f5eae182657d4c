import { Token } from 'aws-cdk-lib';

/** JWKS URLs of known issuers. A load balancer fetches keys by URL and does not support OpenID Connect discovery. */
const KNOWN_ISSUERS: readonly (readonly [issuer: RegExp, keys: string])[] = [
  // Amazon Cognito
  [/^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[^/]+$/, '$&/.well-known/jwks.json'],
  // Auth0
  [/^https:\/\/[a-z0-9-]+(?:\.[a-z]{2})?\.auth0\.com$/, '$&/.well-known/jwks.json'],
  // Microsoft Entra ID, tokens of versions 2 and 1
  [/^(https:\/\/login\.microsoftonline\.(?:com|us|cn)\/[^/]+)\/v2\.0$/, '$1/discovery/v2.0/keys'],
  [/^https:\/\/sts\.windows\.net\/([^/]+)$/, 'https://login.microsoftonline.com/$1/discovery/keys'],
  // Okta, with and without a custom authorization server
  [/^https:\/\/[a-z0-9-]+\.okta(?:preview|-emea)?\.com\/oauth2\/[^/]+$/, '$&/v1/keys'],
  [/^https:\/\/[a-z0-9-]+\.okta(?:preview|-emea)?\.com$/, '$&/oauth2/v1/keys'],
  // Keycloak
  [/^https:\/\/[^/]+(?:\/auth)?\/realms\/[^/]+$/, '$&/protocol/openid-connect/certs'],
  // Google
  [/^https:\/\/accounts\.google\.com$/, 'https://www.googleapis.com/oauth2/v3/certs'],
];

/** JWKS URL of the issuer; undefined if the issuer is unknown. */
export function jwksUrlOf(issuer: string): string | undefined {
  const trimmed = issuer.replace(/\/$/, '');
  // An issuer that is known only at deployment is assumed to be a Cognito user pool created by the app.
  if (Token.isUnresolved(issuer)) return `${trimmed}/.well-known/jwks.json`;
  const known = KNOWN_ISSUERS.find(([pattern]) => pattern.test(trimmed));
  return known && trimmed.replace(...known);
}
