import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { describe, expect, test } from 'vitest';
import { ContainerModel, type ContainerModelProps, JwtAudienceFormat } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { certificate, minimal } from './container-variants.js';
import { faultsOf } from './faults.js';

type Props = Partial<ContainerModelProps>;

/** What the load balancer validates. */
function validation(props: Props | ((stack: Stack) => Props)) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  new ContainerModel(stack, 'Iris', {
    ...minimal,
    certificate: certificate(stack),
    ...(typeof props === 'function' ? props(stack) : props),
  });
  const [rule] = Object.values(Template.fromStack(stack).findResources('AWS::ElasticLoadBalancingV2::ListenerRule'));
  return rule!.Properties.Actions[0].JwtValidationConfig;
}

const issuedBy = (issuer: string, audience = ['iris']) => Access.jwt({ issuer, audience });
const TENANT = '11111111-2222-3333-4444-555555555555';

describe('tokens at the load balancer of ContainerModel', () => {
  // The `jwks_uri` in each issuer's own `/.well-known/openid-configuration`.
  test.each([
    [
      `https://login.microsoftonline.com/${TENANT}/v2.0`,
      `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    ],
    [`https://sts.windows.net/${TENANT}/`, `https://login.microsoftonline.com/${TENANT}/discovery/keys`],
    ['https://dev-1.okta.com/oauth2/default', 'https://dev-1.okta.com/oauth2/default/v1/keys'],
    ['https://dev-1.okta.com', 'https://dev-1.okta.com/oauth2/v1/keys'],
    ['https://example.eu.auth0.com/', 'https://example.eu.auth0.com/.well-known/jwks.json'],
    [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC',
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/.well-known/jwks.json',
    ],
    ['https://id.example.com/realms/main', 'https://id.example.com/realms/main/protocol/openid-connect/certs'],
    ['https://accounts.google.com', 'https://www.googleapis.com/oauth2/v3/certs'],
  ])('are checked by the keys of %s', (issuer, keys) => {
    expect(validation({ access: issuedBy(issuer) })).toMatchObject({ Issuer: issuer, JwksEndpoint: keys });
  });

  test('of a user pool that the app makes', () => {
    const { JwksEndpoint } = validation((stack) => ({
      access: issuedBy(new UserPool(stack, 'Users').userPoolProviderUrl),
    }));
    expect(JSON.stringify(JwksEndpoint)).toMatch(/Users.*\/\.well-known\/jwks\.json/);
  });

  test('of another issuer want the URL of its keys', () => {
    const access = issuedBy('https://login.example.com');
    expect(faultsOf(() => validation({ access }))).toEqual(['jwksUrl: MISSING']);
    expect(() => validation({ access })).toThrow('https://login.example.com/.well-known/openid-configuration');
    const jwksUrl = 'https://login.example.com/keys';
    expect(validation({ access, jwksUrl })).toMatchObject({ JwksEndpoint: jwksUrl });
  });

  test('carry their audience as one text, unless it is a list', () => {
    const access = issuedBy('https://example.auth0.com/');
    const claim = (Format: string) => [{ Format, Name: 'aud', Values: ['iris'] }];
    expect(validation({ access }).AdditionalClaims).toEqual(claim('single-string'));
    const jwtAudienceFormat = JwtAudienceFormat.STRING_ARRAY;
    expect(validation({ access, jwtAudienceFormat }).AdditionalClaims).toEqual(claim('string-array'));
  });

  test('for several audiences are refused, of which a load balancer does not say what they mean', () => {
    const access = issuedBy('https://example.auth0.com/', ['iris', 'all']);
    expect(faultsOf(() => validation({ access }))).toEqual(['access.audience: TOO_MANY']);
  });

  test('have no form where there are none', () => {
    const jwtAudienceFormat = JwtAudienceFormat.STRING_ARRAY;
    expect(faultsOf(() => validation({ jwtAudienceFormat, certificate: undefined }))).toEqual([
      'jwtAudienceFormat: CONFLICT',
    ]);
  });
});
