import type { Construct } from 'constructs';
import { type Attributes, type GenericProvider, stackProvider } from '../../../terraform/generic.js';
import { clientConfig } from './project.js';

/**
 * The provider that calls the REST APIs of Google for which no Terraform resource exists, with the token of the stack's
 * Google provider. The token lives for an hour, and lies in the state as every data source does.
 */
export function restfulProvider(scope: Construct, id: string, baseUrl: string): GenericProvider {
  return stackProvider(scope, {
    name: 'restful',
    source: 'magodo/restful',
    // Minor versions of it break.
    versionConstraint: '~> 0.25.2',
    alias: id,
    attributes: {
      base_url: baseUrl,
      security: { http: { token: { token: clientConfig(scope).accessToken } } },
    },
  });
}

/**
 * How a long-running operation of Google is waited for. Google leaves `done` out until it is true, and a locator whose
 * value is missing is an error to the provider: so both fields are read as one object, which is empty at first. An
 * operation that failed has `error` beside `done`, which is neither of the two and ends the apply with the answer.
 */
export const GOOGLE_OPERATION: Attributes = {
  url_locator: 'body.name',
  status_locator: 'body.{done,error}',
  status: { pending: ['{}', '{"done":false}'], success: '{"done":true}' },
  default_delay_sec: 10,
};
