import type { CloudRunV2ServiceTemplateContainersEnv } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { shortHash } from '../../../terraform/names.js';
import type { ServerlessModelProps } from '../../serverless-props.js';

/** Forms of a secret: its ID or full name, and optionally a version. Versions are numbers or aliases. */
export const SECRET = /^((?:projects\/[^/]+\/secrets\/)?[\w-]{1,255})(?:\/versions\/([1-9]\d*|[A-Za-z][\w-]{0,62}))?$/;

/** ID of a secret, which does not contain the project. */
const SECRET_ID = /^[\w-]+$/;

/** Version that Cloud Run reads when an instance starts. */
const LATEST = 'latest';

/** Returns the name of the secret and its version. A token is the name of a secret. */
function parse(secret: string): { readonly name: string; readonly version: string } {
  const [, name = secret, version = LATEST] = (Token.isUnresolved(secret) ? null : SECRET.exec(secret)) ?? [];
  return { name, version };
}

/** Returns the environment variables that Cloud Run reads from Secret Manager when an instance starts. */
export function secretVariables({ secrets = {} }: ServerlessModelProps): CloudRunV2ServiceTemplateContainersEnv[] {
  return Object.entries(secrets).map(([variable, secret]) => {
    const { name, version } = parse(secret);
    return { name: variable, valueSource: { secretKeyRef: { secret: name, version } } };
  });
}

/** Allows `member` to read each secret. Cloud Run rejects a revision whose service account cannot. */
export function grantSecrets(
  scope: Construct,
  { secrets = {}, project }: ServerlessModelProps,
  member: string,
): ITerraformDependable[] {
  const names = [...new Set(Object.values(secrets).map((secret) => parse(secret).name))];
  return names.map(
    (secretId, index) =>
      // The string of a token is not stable between syntheses, so the grant is named by its position.
      new google.SecretManagerSecretIamMember(
        scope,
        `Secret-${Token.isUnresolved(secretId) ? index : shortHash(secretId)}`,
        // A full name, and the reference to a secret, contain the project.
        {
          project: SECRET_ID.test(secretId) ? project : undefined,
          secretId,
          role: 'roles/secretmanager.secretAccessor',
          member,
        },
      ),
  );
}
