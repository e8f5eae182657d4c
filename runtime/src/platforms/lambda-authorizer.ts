// The authorizer of REST APIs, which know no JWT themselves.

import { readConfig } from '../config.js';
import { ENVIRONMENT } from '../contract.js';
import { jwtVerifier } from '../server/jwt.js';
import { InferenceError } from '../tensor/errors.js';

/** What API Gateway asks. */
export interface AuthorizerEvent {
  readonly authorizationToken?: string;
  readonly methodArn: string;
}

const { jwt } = readConfig(process.env);
if (!jwt) throw new Error(`${ENVIRONMENT.jwtIssuer} and ${ENVIRONMENT.jwtAudience} must be set`);
const verify = jwtVerifier(jwt);

/** Lets the bearer of a valid token call the API; for anyone else API Gateway answers 401. */
export async function handler({ authorizationToken, methodArn }: AuthorizerEvent): Promise<object> {
  let subject: string | undefined;
  try {
    subject = (await verify(authorizationToken)).sub;
  } catch (error) {
    // The one message that API Gateway makes a 401 of.
    if (error instanceof InferenceError && error.code === 'UNAUTHENTICATED') throw new Error('Unauthorized');
    throw error;
  }
  return {
    principalId: subject ?? 'unknown',
    policyDocument: {
      Version: '2012-10-17',
      // The answer is cached by token, and so must hold for every path of this stage.
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: stageArn(methodArn) }],
    },
  };
}

function stageArn(methodArn: string): string {
  return `${methodArn.split('/').slice(0, 2).join('/')}/*`;
}
