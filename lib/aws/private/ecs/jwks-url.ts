import { Token } from 'aws-cdk-lib';

/** Where issuers publish their keys: a load balancer fetches them by URL, and discovers nothing. */
const KNOWN_ISSUERS: readonly (readonly [issuer: RegExp, keys: string])[] = [
  // Amazon Cognito
  [/^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[^/]+$/, '$&/.well-known/jwks.json'],
  // Auth0
  [/^https:\/\/[a-z0-9-]+(?:\.[a-z]{2})?\.auth0\.com$/, '$&/.well-known/jwks.json'],
  // Microsoft Entra ID, tokens of versions 2 and 1
  [/^(https:\/\/login\.microsoftonline\.(?:com|us|cn)\/[^/]+)\/v2\.0$/, '$1/discovery/v2.0/keys'],
  [/^https:\/\/sts\.windows\.net\/([^/]+)$/, 'https://login.microsoftonline.com/$1/discovery/keys'],
  // Okta, with an authorization server and without
  [/^https:\/\/[a-z0-9-]+\.okta(?:preview|-emea)?\.com\/oauth2\/[^/]+$/, '$&/v1/keys'],
  [/^https:\/\/[a-z0-9-]+\.okta(?:preview|-emea)?\.com$/, '$&/oauth2/v1/keys'],
  // Keycloak
  [/^https:\/\/[^/]+(?:\/auth)?\/realms\/[^/]+$/, '$&/protocol/openid-connect/certs'],
  // Google
  [/^https:\/\/accounts\.google\.com$/, 'https://www.googleapis.com/oauth2/v3/certs'],
];

/** URL of the issuer's keys; undefined for an issuer that is not known. */
export function jwksUrlOf(issuer: string): string | undefined {
  const trimmed = issuer.replace(/\/$/, '');
  // Issuers that are known at deployment only are user pools of Cognito that the app makes.
  if (Token.isUnresolved(issuer)) return `${trimmed}/.well-known/jwks.json`;
  const known = KNOWN_ISSUERS.find(([pattern]) => pattern.test(trimmed));
  return known && trimmed.replace(...known);
}
