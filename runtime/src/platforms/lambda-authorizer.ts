// Lambda authorizer for REST APIs, which cannot verify JWTs on their own.

import { readConfig } from '../config.js';
import { ENVIRONMENT } from '../contract.js';
import { jwtVerifier } from '../server/jwt.js';
import { InferenceError } from '../tensor/errors.js';

/** Authorization request from API Gateway. */
export interface AuthorizerEvent {
  readonly authorizationToken?: string;
  readonly methodArn: string;
}

const { jwt } = readConfig(process.env);
if (!jwt) throw new Error(`${ENVIRONMENT.jwtIssuer} and ${ENVIRONMENT.jwtAudience} must be set`);
const verify = jwtVerifier(jwt);

/** Allows the bearer of a valid token to call the API. API Gateway rejects all other callers with 401. */
export async function handler({ authorizationToken, methodArn }: AuthorizerEvent): Promise<object> {
  let subject: string | undefined;
  try {
    subject = (await verify(authorizationToken)).sub;
  } catch (error) {
    // API Gateway returns 401 only for this exact message.
    if (error instanceof InferenceError && error.code === 'UNAUTHENTICATED') throw new Error('Unauthorized');
    throw error;
  }
  return {
    principalId: subject ?? 'unknown',
    policyDocument: {
      Version: '2012-10-17',
      // API Gateway caches the policy by token, so it must cover every path of this stage.
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: stageArn(methodArn) }],
    },
  };
}

function stageArn(methodArn: string): string {
  return `${methodArn.split('/').slice(0, 2).join('/')}/*`;
}
