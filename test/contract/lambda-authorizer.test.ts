import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Access } from '../../lib/serving/index.js';
import { Issuer } from '../support/issuer.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';

// The authorizer of a REST API out of the template, under AWS's runtime interface client, with an issuer on this machine.
const STAGE = 'arn:aws:execute-api:us-east-1:123456789012:abcdef/prod';
const methodArn = `${STAGE}/POST/v1/models/iris:predict`;
const authorizer = (issuer: string) =>
  new SynthesizedFunction({ access: Access.jwt({ issuer, audience: ['iris', 'flowers'] }) }, /\/authorizer\.handler$/);

describe("the authorizer's function", () => {
  let issuer: Issuer;
  let lambda: LambdaEnvironment;
  const ask = (authorizationToken?: string) => lambda.invoke({ type: 'TOKEN', authorizationToken, methodArn });
  const bearer = async (claims: Parameters<Issuer['token']>[0]) => `Bearer ${await issuer.token(claims)}`;

  beforeAll(async () => {
    issuer = await Issuer.start();
    const code = authorizer(issuer.url);
    lambda = new LambdaEnvironment({
      handler: code.handler,
      codeFolder: code.codeFolder,
      environment: { ...code.environment, NODE_EXTRA_CA_CERTS: issuer.certificate },
    });
    await lambda.start();
  }, 900_000);

  afterAll(async () => {
    await lambda.stop();
    issuer.stop();
  });

  test.each([['iris'], [['other', 'flowers']]])('lets a token for %j call every path of the stage', async (aud) => {
    expect(await ask(await bearer({ aud }))).toEqual({
      principalId: 'caller',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${STAGE}/*` }],
      },
    });
  });

  // In the one word that API Gateway makes a 401 of.
  test.each<[string, () => string | undefined | Promise<string>]>([
    ['no token', () => undefined],
    ['what is no token', () => 'Bearer nonsense'],
    ['a token for somebody else', () => bearer({ aud: 'other' })],
    ['a token of another issuer', () => bearer({ aud: 'iris', iss: 'https://other.example' })],
    ['a token that has run out', () => bearer({ aud: 'iris', exp: 1 })],
    ['a token that never runs out', () => bearer({ aud: 'iris', exp: undefined })],
    ['a token that was changed', async () => (await bearer({ aud: 'iris' })).replace(/\.[^.]+$/, `.${'A'.repeat(86)}`)],
  ])('refuses %s', async (_, token) => {
    await expect(ask(await token())).rejects.toThrow('"errorMessage":"Unauthorized"');
  });
});

test('who cannot read the keys of the issuer says that, and no 401', async () => {
  const { handler, codeFolder, environment } = authorizer('https://issuer.invalid');
  const lambda = new LambdaEnvironment({ handler, codeFolder, environment });
  await lambda.start();
  try {
    await expect(lambda.invoke({ authorizationToken: 'Bearer a.b.c', methodArn })).rejects.toThrow(
      'the keys of the issuer cannot be read',
    );
  } finally {
    await lambda.stop();
  }
}, 60_000);
