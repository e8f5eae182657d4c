import type { TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { type Attributes, stackProvider } from '../../../terraform/generic.js';
import { idForProvider } from '../../../terraform/providers.js';
import { clientConfig } from './project.js';

/**
 * Returns the provider that calls Google REST APIs without a Terraform resource. It authenticates with the token of the
 * Google provider of `scope`. The token is valid for an hour and is stored in the state, like every data source.
 */
export function restfulProvider(scope: Construct, id: string, baseUrl: string): TerraformProvider {
  return stackProvider(scope, {
    name: 'restful',
    source: 'magodo/restful',
    // Minor versions of this provider contain breaking changes.
    versionConstraint: '~> 0.25.2',
    alias: idForProvider(scope, 'google', id),
    attributes: {
      base_url: baseUrl,
      security: { http: { token: { token: clientConfig(scope).accessToken } } },
    },
  });
}

/**
 * Polling settings for a long-running operation of Google. Google omits `done` until it is true, and the provider fails
 * if a locator's value is missing. Both fields are therefore read as one object, which is empty at first. A failed
 * operation has `done` and `error`. This status matches neither list, so the apply fails with the response.
 */
export const GOOGLE_OPERATION: Attributes = {
  url_locator: 'body.name',
  status_locator: 'body.{done,error}',
  status: { pending: ['{}', '{"done":false}'], success: '{"done":true}' },
  default_delay_sec: 10,
};
